import { createLayout, fullArchitecture, pack, rankArchitecture, symmetric, zero } from '@perfit/lora';
import type { Update } from '../contract.js';
import { nextRound, type Server, seededRandom, startServer, testAggregator } from '../testing.js';
import { flora, floraFactory } from './flora.js';

const site = { name: 'q_proj', layer: 0, in: 3, out: 3, flops: 18 };
const update = (client: string, theta: readonly number[], rank: number, examples: number): Update => {
  const layout = createLayout([site], theta.length / 6);
  const mask = rankArchitecture(layout, rank);
  const values = pack(Float32Array.from(theta), mask);
  return { client, mask, values, architecture: mask, examples, metrics: {} };
};

describe('flora', () => {
  testAggregator(() => flora());
  const rule = flora();

  test('by hand: two clients of rank 1, two rounds', () => {
    const layout = createLayout([site], 1);
    // A [1, 3], then B [3, 1].
    const updates = [update('x', [1, 0, 0, 1, 2, 0], 1, 1), update('y', [0, 1, 0, 0, 0, 4], 1, 3)];
    const started = { state: rule.initialize(layout, new Float32Array(6)), registry: new Map() };
    expect(rule.residual!(started.state)).toEqual([]);
    const first = nextRound(rule, layout, started, updates);
    // ¼ · 2 · [1, 2, 0]ᵀ [1, 0, 0] + ¾ · 2 · [0, 0, 4]ᵀ [0, 1, 0], still as a stack.
    expect(rule.residual!(first.state)).toEqual([
      { site: 'q_proj', rank: 2, A: Float32Array.of(1, 0, 0, 0, 1, 0), B: Float32Array.of(0.5, 0, 1, 0, 0, 6) },
    ]);
    const second = nextRound(rule, layout, first, updates, 2);
    // Four components are more than a 3 × 3 matrix: twice the change, as one.
    expect(rule.residual!(second.state)).toEqual([
      {
        site: 'q_proj',
        rank: 3,
        A: Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1),
        B: Float32Array.of(1, 0, 0, 2, 0, 0, 0, 12, 0),
      },
    ]);
  });

  test('everyone starts anew from its part of θ₀', () => {
    const layout = createLayout([site], 2);
    const start = Float32Array.from({ length: layout.size }, (_, p) => p + 1);
    let server: Server = { state: rule.initialize(layout, start), registry: new Map() };
    server = nextRound(rule, layout, server, [update('x', [...start].reverse(), 2, 4)]);
    const one = rankArchitecture(layout, 1);
    // Row 0 of A; then column 0 of B, whose rows are [7, 8], [9, 10], [11, 12].
    expect([...rule.download(server.state, { client: 'y', architecture: one }).values]).toEqual([1, 2, 3, 7, 9, 11]);
    expect(rule.globalModule(server.state)).toEqual(start);
  });

  test('a client that has learned nothing changes nothing, also from a start whose product is not 0', () => {
    const layout = createLayout([site], 2);
    const start = Float32Array.from({ length: layout.size }, (_, p) => p + 1);
    const started = { state: rule.initialize(layout, start), registry: new Map() };
    const idle = [update('x', [...start], 2, 3), update('y', [...start], 1, 2)];
    const [{ rank, A, B }] = rule.residual!(nextRound(rule, layout, started, idle).state);
    for (let o = 0; o < 3; o++)
      for (let i = 0; i < 3; i++) {
        let sum = 0;
        for (let k = 0; k < rank; k++) sum += B[o * rank + k] * A[k * 3 + i];
        expect(sum).toBe(0);
      }
  });

  test('a start whose product is 0, of zeros or of twins, adds nothing to the stack', () => {
    const layout = createLayout([{ ...site, in: 9, out: 9 }], 2);
    for (const initialization of [zero(), symmetric()]) {
      const { values } = initialization.initialize({
        layout,
        random: seededRandom(5),
        scale: 2,
        frozen: () => new Float32Array(81),
      });
      const full = fullArchitecture(layout.size);
      const trained = values.map((value) => value + 1);
      const server = { state: rule.initialize(layout, values), registry: new Map() };
      const next = nextRound(rule, layout, server, [
        { client: 'x', mask: full, architecture: full, values: trained, examples: 2, metrics: {} },
      ]);
      expect(rule.residual!(next.state)[0].rank).toBe(2);
    }
  });

  test('the residual never takes more components than the smaller side of a weight', () => {
    const layout = createLayout([site, { ...site, name: 'k_proj', in: 4, out: 2 }], 1);
    const full = fullArchitecture(layout.size);
    const random = seededRandom(9);
    let server = startServer(rule, layout);
    for (let round = 1; round <= 6; round++) {
      const values = Float32Array.from({ length: layout.size }, () => random() - 0.5);
      server = nextRound(
        rule,
        layout,
        server,
        [{ client: 'x', mask: full, architecture: full, values, examples: 1, metrics: {} }],
        round,
      );
      const ranks = rule.residual!(server.state).map(({ rank }) => rank);
      // θ₀ has a product here, so that two components come a round.
      expect(ranks).toEqual([2, Math.min(3, 2 * round)]);
    }
  });

  test('refuses the residual of another layout', () => {
    const layout = createLayout([site], 1);
    const started = { state: rule.initialize(layout, new Float32Array(6)), registry: new Map() };
    const { state } = nextRound(rule, layout, started, [update('x', [1, 0, 0, 1, 2, 0], 1, 1)]);
    const other = createLayout([{ ...site, name: 'v_proj' }], 1);
    const context = { layout: other, scale: 2, round: 2, random: () => 0, registered: () => undefined };
    expect(() => rule.fold(state, context)).toThrow(expect.objectContaining({ code: 'aggregation/bad-state' }));
  });

  test('takes no options', () => {
    expect(floraFactory.optionsSchema.safeParse({ rank: 2 }).success).toBe(false);
  });
});
