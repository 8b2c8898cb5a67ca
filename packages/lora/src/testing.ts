/// <reference types="jest" />
import type { Random } from '@perfit/strategy';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { architectureFromBytes } from './architecture.js';
import type { Initialization, Layout, PositionRule, Site, Start } from './contract.js';
import { createLayout } from './layout.js';
import { mergeDelta } from './merge-delta.js';

/** A random stream for tests: the same seed gives the same draws. */
export function seededRandom(seed: number): Random {
  const generator = xoroshiro128plus(seed);
  return () => uniformFloat64(generator);
}

const modules: Readonly<Record<string, readonly [columns: number, out: number]>> = {
  'self_attn.q_proj': [6, 8],
  'self_attn.k_proj': [6, 4],
  'self_attn.v_proj': [6, 4],
  'self_attn.o_proj': [8, 6],
  'mlp.down_proj': [10, 6],
};

/** Sites of a small grouped-query model: q, k, v, o and down of every layer. */
export function sampleSites(layers = 2): Site[] {
  return Array.from({ length: layers }, (_, layer) =>
    Object.entries(modules).map(([module, [columns, out]]) => {
      const name = `model.layers.${layer}.${module}`;
      return { name, layer, in: columns, out, flops: 2 * columns * out };
    }),
  ).flat();
}

/** The layout of {@link sampleSites} at a rank. */
export function sampleLayout(rank = 4, layers = 2): Layout {
  return createLayout(sampleSites(layers), rank);
}

/** A frozen weight for tests, the same for the same site. */
export function sampleWeight(site: Site): Float32Array {
  return Float32Array.from({ length: site.in * site.out }, (_, i) => Math.sin(1 + i + 7 * site.layer + site.out));
}

/**
 * The contract of every {@link Initialization}, as a jest suite: values of the layout's size, finite, decided by the
 * stream (and the frozen weights) alone, and a start that is the frozen model's.
 *
 * @param make makes the initialisation; called for every test.
 * @param options `startsAtFrozen` (true): whether BA = 0 or the start is subtracted; `drawn` (true): whether the values
 * depend on the random stream.
 * @example
 * describe('symmetric', () => testInitialization(() => symmetric()));
 */
export function testInitialization(
  make: () => Initialization,
  { startsAtFrozen = true, drawn = true }: { readonly startsAtFrozen?: boolean; readonly drawn?: boolean } = {},
): void {
  const layout = sampleLayout(4);
  const start = (seed: number): Start =>
    make().initialize({ layout, random: seededRandom(seed), scale: 2, frozen: sampleWeight });

  test('has a kebab-case name', () => {
    expect(make().name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
  });

  test('gives every position a finite value', () => {
    const { values, subtracted } = start(1);
    expect(values).toHaveLength(layout.size);
    expect(values.every(Number.isFinite)).toBe(true);
    expect(typeof subtracted).toBe('boolean');
  });

  test('leaves every A with something to train from', () => {
    const { values } = start(1);
    for (const { factor, offset, size } of layout.slots)
      if (factor === 'A') expect(values.subarray(offset, offset + size).some((value) => value !== 0)).toBe(true);
  });

  test('is decided by its stream', () => {
    const global = jest.spyOn(Math, 'random');
    expect(start(5)).toEqual(start(5));
    if (drawn) expect(start(5).values).not.toEqual(start(6).values);
    expect(global).not.toHaveBeenCalled();
    global.mockRestore();
  });

  if (startsAtFrozen)
    test('starts at the frozen model', () => {
      const { values, subtracted } = start(1);
      if (subtracted) return;
      for (const site of layout.sites)
        for (const entry of mergeDelta(layout, values, site, 2)) expect(Math.abs(entry)).toBeLessThan(1e-7);
    });
}

/** Layouts of every shape that a rule may meet: one rank, ranks that compaction made unequal, one site, none. */
function sampleLayouts(): readonly Layout[] {
  const sites = sampleSites(3);
  return [
    sampleLayout(4, 3),
    createLayout(sites, ({ layer, out }) => (layer === 1 ? 0 : 1 + (out % 5))),
    createLayout(sites.slice(-1), 1),
    createLayout(sites, () => 0),
  ];
}

/**
 * The contract of every {@link PositionRule}, as a jest suite: a mask of the layout's size, decided by layout and
 * round alone, whatever ranks the sites have and however few there are.
 *
 * @param make makes the rule; called for every test.
 * @example
 * describe('alternate', () => testPositionRule(() => alternate()));
 */
export function testPositionRule(make: () => PositionRule): void {
  const rounds = [1, 2, 3, 10];

  test('has a kebab-case name', () => {
    expect(make().name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
  });

  test('names positions of the layout, whatever its ranks', () => {
    for (const layout of sampleLayouts())
      for (const round of rounds) {
        const mask = make().positions(layout, round);
        expect(mask.size).toBe(layout.size);
        expect(architectureFromBytes(layout.size, mask.bits)).toEqual(mask);
      }
  });

  test('is decided by layout and round alone', () => {
    const drawn = jest.spyOn(Math, 'random');
    const rule = make();
    for (const layout of sampleLayouts()) {
      const inOrder = rounds.map((round) => rule.positions(layout, round));
      const backwards = [...rounds].reverse().map((round) => rule.positions(layout, round));
      expect(backwards.reverse()).toEqual(inOrder);
      expect(rounds.map((round) => make().positions(layout, round))).toEqual(inOrder);
    }
    expect(drawn).not.toHaveBeenCalled();
    drawn.mockRestore();
  });
}
