import { createLayout, fullArchitecture, type LowRankFactor, lowRankFactors, rankArchitecture } from '@perfit/lora';
import fc from 'fast-check';
import type { Update } from '../contract.js';
import { nextRound, type Server, seededRandom, testAggregator } from '../testing.js';
import { fedExLora, fedExLoraFactory } from './fed-ex-lora.js';

describe('fedExLora', () => {
  testAggregator(() => fedExLora());
  const rule = fedExLora();
  const site = { name: 'q_proj', layer: 0, in: 4, out: 4, flops: 32 };
  const full = (rank: number) => fullArchitecture(createLayout([site], rank).size);
  const of = (client: string, theta: Iterable<number>, rank: number, examples: number): Update => ({
    client,
    mask: full(rank),
    architecture: full(rank),
    values: Float32Array.from(theta),
    examples,
    metrics: {},
  });
  /** Σ B A, σ included. */
  const products = (factors: readonly LowRankFactor[]) =>
    Array.from({ length: 16 }, (_, p) =>
      factors.reduce((sum, { rank, A, B }) => {
        for (let k = 0; k < rank; k++) sum += B[Math.floor(p / 4) * rank + k] * A[k * 4 + (p % 4)];
        return sum;
      }, 0),
    );

  test('by hand: the product of the means, and what it misses', () => {
    const layout = createLayout([site], 1);
    const started = { state: rule.initialize(layout, new Float32Array(8)), registry: new Map() };
    // A = [4, 0, 0, 0], B = [4, 0, 0, 0]ᵀ with one example; A = [0, 4, 0, 0], B = [0, 4, 0, 0]ᵀ with three.
    const updates = [of('x', [4, 0, 0, 0, 4, 0, 0, 0], 1, 1), of('y', [0, 4, 0, 0, 0, 4, 0, 0], 1, 3)];
    const { state } = nextRound(rule, layout, started, updates);
    // Ā = [1, 3, 0, 0], B̄ = [1, 3, 0, 0]ᵀ: 2 B̄ Ā = [[2, 6], [6, 18]], and the mean of 2 B A is [[8, 0], [0, 24]].
    expect([...rule.globalModule(state)]).toEqual([1, 3, 0, 0, 1, 3, 0, 0]);
    const residual = rule.residual!(state);
    expect(products(residual)).toEqual([6, -6, 0, 0, -6, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    // Two clients and the means: three components of at most four.
    expect(residual[0].rank).toBe(3);
  });

  test('round after round the model of a full client is the exact mean of the clients’ models', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 4 }), (seed, clients) => {
        const random = seededRandom(seed);
        const layout = createLayout([site], 2);
        const draw = () => Float32Array.from({ length: layout.size }, () => random() * 2 - 1);
        let server: Server = { state: rule.initialize(layout, draw()), registry: new Map() };
        for (let round = 1; round <= 3; round++) {
          const before = products(rule.residual!(server.state));
          const updates = Array.from({ length: clients }, (_, i) => of(`c${i}`, draw(), 2, 1 + i));
          server = nextRound(rule, layout, server, updates, round);
          const examples = updates.reduce((sum, update) => sum + update.examples, 0);
          const { values } = rule.download(server.state, { client: 'c0', architecture: full(2) });
          const model = products([...rule.residual!(server.state), ...lowRankFactors(layout, values, 2)]);
          for (const [p, entry] of model.entries()) {
            const mean = updates.reduce(
              (sum, update) =>
                sum + (update.examples / examples) * products(lowRankFactors(layout, update.values, 2))[p],
              0,
            );
            expect(Math.abs(entry - (before[p] + mean))).toBeLessThan(5e-6);
          }
        }
      }),
      { numRuns: 20 },
    );
  });

  test('a client alone leaves no residual: the mean of one product is the product of its means', () => {
    const layout = createLayout([site], 2);
    const theta = Float32Array.from({ length: layout.size }, (_, p) => Math.sin(p));
    const started = { state: rule.initialize(layout, theta), registry: new Map() };
    const { state } = nextRound(rule, layout, started, [of('x', theta, 2, 7)]);
    expect(rule.globalModule(state)).toEqual(theta);
    for (const entry of products(rule.residual!(state))) expect(Math.abs(entry)).toBeLessThan(1e-6);
  });

  test('a component that nobody sent keeps its values', () => {
    const layout = createLayout([site], 2);
    const start = Float32Array.from({ length: layout.size }, (_, p) => p);
    const started = { state: rule.initialize(layout, start), registry: new Map() };
    const one = rankArchitecture(layout, 1);
    const low = { ...of('x', [], 2, 1), mask: one, architecture: one, values: new Float32Array(8).fill(9) };
    const { state } = nextRound(rule, layout, started, [low]);
    // A: row 0 was sent, row 1 is θ₀'s; B: column 0 was sent, column 1 is θ₀'s.
    expect([...rule.globalModule(state)]).toEqual([9, 9, 9, 9, 4, 5, 6, 7, 9, 9, 9, 11, 9, 13, 9, 15]);
  });

  test('takes no options', () => {
    expect(fedExLoraFactory.optionsSchema.safeParse({ rank: 2 }).success).toBe(false);
  });
});
