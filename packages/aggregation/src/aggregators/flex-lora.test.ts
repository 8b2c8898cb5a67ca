import { architectureFrom, createLayout, fullArchitecture, rankArchitecture, slotsBySite } from '@perfit/lora';
import type { Update } from '../contract.js';
import { nextRound, sampleUpdate, seededRandom, testAggregator } from '../testing.js';
import { flexLora, flexLoraFactory } from './flex-lora.js';

describe('flexLora', () => {
  testAggregator(() => flexLora());
  const rule = flexLora();
  const layout = createLayout([{ name: 'q_proj', layer: 0, in: 4, out: 3, flops: 24 }], 2);
  const full = fullArchitecture(layout.size);
  const start = Float32Array.from({ length: layout.size }, (_, p) => p + 1);
  const started = { state: rule.initialize(layout, start), registry: new Map() };
  const of = (client: string, rank: number, values: number[], examples: number): Update => {
    const mask = rankArchitecture(layout, rank);
    return { client, mask, architecture: mask, values: Float32Array.from(values), examples, metrics: {} };
  };
  // A row [1, 0, 0, 0], B column [0, 0, 4]ᵀ; and A row [0, 0, 0, 12], B column [0, −1, 0]ᵀ.
  const updates = [of('x', 1, [1, 0, 0, 0, 0, 0, 4], 1), of('y', 1, [0, 0, 0, 12, 0, -1, 0], 3)];

  test('by hand: the mean has singular values 9 and 1, and ¼ · 4 is the smaller', () => {
    const { state } = nextRound(rule, layout, started, updates);
    // 9: u = [0, 1, 0], v = −[0, 0, 0, 1], √9 on both sides; 1: u = [0, 0, 1], v = [1, 0, 0, 0].
    const expected = [0, 0, 0, -3, 1, 0, 0, 0, 0, 0, 3, 0, 0, 1];
    for (const [p, value] of rule.globalModule(state).entries()) expect(value).toBeCloseTo(expected[p], 6);
    const one = rankArchitecture(layout, 1);
    const { values } = rule.download(state, { client: 'x', architecture: one });
    [0, 0, 0, -3, 0, 3, 0].forEach((value, p) => {
      expect(values[p]).toBeCloseTo(value, 6);
    });
  });

  test('a client whose only component is the second receives the largest there', () => {
    const { state } = nextRound(rule, layout, started, updates);
    const [{ A, B }] = slotsBySite(layout);
    const second = architectureFrom(layout.size, [
      ...Array.from({ length: 4 }, (_, i) => A.offset + 4 + i),
      ...Array.from({ length: 3 }, (_, o) => B.offset + 2 * o + 1),
    ]);
    const { mask, values } = rule.download(state, { client: 'z', architecture: second });
    expect(mask).toEqual(second);
    [0, 0, 0, -3, 0, 3, 0].forEach((value, p) => {
      expect(values[p]).toBeCloseTo(value, 6);
    });
  });

  test('components beyond the rank of the mean have B = 0 and θ₀’s row of A', () => {
    const { state } = nextRound(rule, layout, started, updates.slice(1));
    const g = [...rule.globalModule(state)];
    expect(g.slice(4, 8)).toEqual([5, 6, 7, 8]);
    expect([g[9], g[11], g[13]]).toEqual([0, 0, 0]);
  });

  test('is θ₀ before the first round', () => {
    expect([...rule.download(started.state, { client: 'x', architecture: full }).values]).toEqual([...start]);
  });

  test('signs do not depend on the order of the clients, nor on who flips both factors of a component', () => {
    const random = seededRandom(4);
    const clients = ['x', 'y', 'z'].map((client) => sampleUpdate(client, full, 2, random));
    const flipped = clients.map((update) => ({ ...update, values: update.values.map((value) => -value) }));
    const [a, b] = [clients, [...flipped].reverse()].map((list) =>
      rule.globalModule(nextRound(rule, layout, started, list).state),
    );
    for (const [p, value] of a.entries()) expect(Math.abs(value - b[p])).toBeLessThan(1e-6);
  });

  test('refuses places that are none', () => {
    const state = { ...started.state, places: new Uint32Array(5) };
    expect(() => rule.globalModule(state)).toThrow(expect.objectContaining({ code: 'aggregation/bad-state' }));
  });

  test('takes no options', () => {
    expect(flexLoraFactory.optionsSchema.safeParse({ rank: 2 }).success).toBe(false);
  });
});
