import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  applyArchitecture,
  createLayout,
  mergeDelta,
  type OrthogonalOptions,
  orthogonal,
  orthogonalFactory,
  rankArchitecture,
  slotsBySite,
} from '../index.js';
import { principalComponents } from '../principal-components.js';
import { sampleLayout, sampleSites, sampleWeight, seededRandom, testInitialization } from '../testing.js';

const { orthogonal: law } = JSON.parse(readFileSync(join(__dirname, '../goldens/starts.json'), 'utf8')) as {
  readonly orthogonal: {
    readonly in: number;
    readonly out: number;
    readonly rank: number;
    readonly singularValuesA: readonly number[];
    readonly singularValuesB: readonly number[];
  };
};
const draw = (options: OrthogonalOptions, layout = sampleLayout(8), seed = 3) =>
  orthogonal(options).initialize({ layout, random: seededRandom(seed), scale: 2, frozen: sampleWeight }).values;

describe('orthogonal, in blocks of 2', () => testInitialization(() => orthogonal({ block: 2 })));

test.each([{}, { block: 2 }, { block: 6 }])('%p: BA is 0 while no entry is', (options) => {
  const layout = sampleLayout(8);
  const values = draw({ ...options, std: 1 }, layout);
  expect(values.every((value) => value !== 0)).toBe(true);
  for (const site of layout.sites)
    for (const entry of mergeDelta(layout, values, site, 1)) expect(Math.abs(entry)).toBeLessThan(2e-6);
});

test('has the law of PEFT’s: half of the singular values of each factor, √(size)/10 and 0', () => {
  const site = { ...sampleSites()[0]!, in: law.in, out: law.out };
  const layout = createLayout([site], law.rank);
  const [{ A, B }] = slotsBySite(layout) as [ReturnType<typeof slotsBySite>[number]];
  const seeds = [1, 2, 3, 4, 5, 6, 7, 8];
  const mean = (slot: typeof A, size: number) => {
    const draws = seeds.map((seed) => {
      const entries = draw({}, layout, seed).subarray(slot.offset, slot.offset + slot.size);
      return principalComponents(entries, { in: slot.columns, out: slot.rows }, law.rank).values;
    });
    return law.singularValuesA.map((_, k) => draws.reduce((sum, values) => sum + values[k]!, 0) / 8 / Math.sqrt(size));
  };
  for (const [got, want] of [
    [mean(A, law.in), law.singularValuesA],
    [mean(B, law.out), law.singularValuesB],
  ] as const)
    want.forEach((value, k) => {
      expect(Math.abs(got[k]! - value)).toBeLessThan(k < 3 ? 0.05 * value : 1e-6);
    });
});

test('a block of 2 is a rotation of one direction: A₀ : A₁ = −B₁ : B₀', () => {
  const layout = sampleLayout(2);
  const values = draw({ block: 2 }, layout);
  for (const { A, B, site } of slotsBySite(layout)) {
    const ratio = values[A.offset]! / values[A.offset + site.in]!;
    for (let i = 1; i < site.in; i++)
      expect(values[A.offset + i]! / values[A.offset + site.in + i]! / ratio).toBeCloseTo(1, 5);
    for (let o = 0; o < site.out; o++)
      expect(values[B.offset + 2 * o + 1]! / values[B.offset + 2 * o]! / -ratio).toBeCloseTo(1, 5);
  }
});

test('with blocks a lower rank starts at the frozen model and is a prefix; without them it is neither', () => {
  const layout = sampleLayout(8);
  const lower = rankArchitecture(layout, 4);
  const largest = (options: OrthogonalOptions) => {
    const values = applyArchitecture(draw(options, layout), lower);
    return Math.max(...layout.sites.map((site) => Math.max(...mergeDelta(layout, values, site, 1).map(Math.abs))));
  };
  expect(largest({ block: 4 })).toBeLessThan(1e-7);
  expect(largest({})).toBeGreaterThan(1e-3);

  const small = sampleLayout(4);
  const [few, many] = [draw({ block: 4 }, small), draw({ block: 4 }, layout)];
  slotsBySite(small).forEach(({ A }, s) => {
    const { offset } = slotsBySite(layout)[s]!.A;
    expect(many.subarray(offset, offset + A.size)).toEqual(few.subarray(A.offset, A.offset + A.size));
  });
});

test('odd ranks and odd blocks are refused', () => {
  expect(() => draw({}, sampleLayout(3))).toThrow(
    /orthogonal start pairs ranks, and "model\.layers\.0\.mlp\.down_proj" has rank 3\. Choose rank and expansion/,
  );
  expect(orthogonalFactory.optionsSchema.safeParse({ block: 3 }).success).toBe(false);
});
