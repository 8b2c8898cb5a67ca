import { createLayout, rankArchitecture } from '@perfit/lora';
import type { Update } from '../contract.js';
import { nextRound, testAggregator } from '../testing.js';
import { hetLora, hetLoraFactory } from './het-lora.js';

describe('hetLora', () => {
  testAggregator(() => hetLora(), { weighted: false });
  const rule = hetLora();
  const sites = ['k_proj', 'q_proj'].map((name) => ({ name, layer: 0, in: 1, out: 1, flops: 2 }));
  // θ: k_proj A [2, 1], B [1, 2]; q_proj A [2, 1], B [1, 2].
  const layout = createLayout(sites, 2);
  const start = Float32Array.from({ length: 8 }, (_, p) => 10 + p);
  const started = { state: rule.initialize(layout, start), registry: new Map() };
  const of = (client: string, rank: number, values: number[], examples = 1): Update => {
    const mask = rankArchitecture(layout, rank);
    return { client, mask, architecture: mask, values: Float32Array.from(values), examples, metrics: {} };
  };

  test('by hand: norms 5 and 10 weigh ⅓ and ⅔, whatever the examples, and a missing component is 0', () => {
    // x: products 1 · 3 + 0 · 0 = 3 and 2 · 2 + 0 · 7 = 4, norm 5; y: 6 and 8, norm 10.
    const x = of('x', 2, [1, 0, 3, 0, 2, 0, 2, 7], 1000);
    const y = of('y', 1, [2, 3, 4, 2]);
    const { state } = nextRound(rule, layout, started, [x, y]);
    const expected = [5, 0, 9, 0, 10, 0, 6, 7].map((sum) => sum / 3);
    for (const [p, value] of rule.globalModule(state).entries()) expect(value).toBeCloseTo(expected[p], 6);
    const { values } = rule.download(state, { client: 'y', architecture: rankArchitecture(layout, 1) });
    [5, 9, 10, 6].forEach((sum, p) => {
      expect(values[p]).toBeCloseTo(sum / 3, 6);
    });
  });

  test('a component that nobody sent keeps its values', () => {
    const { state } = nextRound(rule, layout, started, [of('y', 1, [2, 3, 4, 2])]);
    expect([...rule.globalModule(state)]).toEqual([2, 11, 3, 13, 4, 15, 2, 17]);
  });

  test('updates whose products are all 0 weigh alike', () => {
    const { state } = nextRound(rule, layout, started, [of('x', 1, [1, 0, 5, 0]), of('y', 1, [3, 0, 7, 0], 9)]);
    expect([...rule.globalModule(state)]).toEqual([2, 11, 0, 13, 6, 15, 0, 17]);
  });

  test('components that cancel leave a weight of 0, not NaN', () => {
    const twins = of('x', 2, [0.1, 0.1, 0.3, -0.3, 0.7, 0.7, 0.9, -0.9]);
    const { state } = nextRound(rule, layout, started, [twins, of('y', 1, [2, 3, 4, 2])]);
    expect(rule.globalModule(state)[0]).toBeCloseTo(2, 5);
  });

  test('takes no options', () => {
    expect(hetLoraFactory.optionsSchema.safeParse({ rank: 2 }).success).toBe(false);
  });
});
