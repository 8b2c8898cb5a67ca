import { architectureFrom, fullArchitecture } from '@perfit/lora';
import fc from 'fast-check';
import {
  nextRound,
  sampleLayout,
  sampleUpdate,
  sampleUpdates,
  seededRandom,
  startServer,
  testAggregator,
} from '../testing.js';
import { weightedMean, weightedMeanFactory } from './weighted-mean.js';

describe('weightedMean', () => {
  testAggregator(() => weightedMean());

  const layout = sampleLayout();
  const full = fullArchitecture(layout.size);

  test('is θ₀ before the first update', () => {
    const start = Float32Array.from({ length: layout.size }, (_, p) => p);
    const state = weightedMean().initialize(layout, start);
    expect(weightedMean().globalModule(state)).toEqual(start);
    const odd = architectureFrom(layout.size, (p) => p % 2 === 1);
    const { mask, values } = weightedMean().download(state, { client: 'x', architecture: odd });
    expect(mask).toEqual(odd);
    expect([...values]).toEqual([...start].filter((p) => p % 2 === 1));
    start.fill(0);
    expect(weightedMean().globalModule(state)[5]).toBe(5);
  });

  test('counts a position that is not sent as 0', () => {
    const only = architectureFrom(layout.size, [4]);
    const a = { ...sampleUpdate('a', full, 1, seededRandom(1)), values: new Float32Array(layout.size).fill(2) };
    const b = { ...sampleUpdate('b', only, 3, seededRandom(1)), values: Float32Array.of(6) };
    const rule = weightedMean();
    const g = rule.globalModule(nextRound(rule, layout, startServer(rule, layout), [a, b]).state);
    expect(g[4]).toBe((2 * 1 + 6 * 3) / 4);
    expect(g[5]).toBe(0.5);
  });

  test('keeps what clients hold and nobody sends: a factor that does not travel stays at its start', () => {
    const [low, held] = [architectureFrom(layout.size, (p) => p < 10), architectureFrom(layout.size, (p) => p < 20)];
    const updates = ['a', 'b'].map((client) => ({
      ...sampleUpdate(client, low, 1, seededRandom(3)),
      architecture: held,
    }));
    const rule = weightedMean();
    const before = startServer(rule, layout);
    const g = rule.globalModule(nextRound(rule, layout, before, updates).state);
    const start = rule.globalModule(before.state);
    expect(g.subarray(10, 20)).toEqual(start.subarray(10, 20));
    expect(g.subarray(0, 10)).toEqual(updates[0].values);
    // What nobody holds any more is pruned.
    expect(g.subarray(20).every((value) => value === 0)).toBe(true);
  });

  test('one full client: the mean is its own values, bit for bit', () => {
    const rule = weightedMean();
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), fc.integer(), (examples, seed) => {
        const update = sampleUpdate('a', full, examples, seededRandom(seed));
        const { state } = nextRound(rule, layout, startServer(rule, layout), [update]);
        expect(rule.globalModule(state)).toEqual(update.values);
      }),
    );
  });

  test('equals the mean of the dense updates', () => {
    const rule = weightedMean();
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer(),
        (n, density, seed) => {
          const updates = sampleUpdates(layout, n, density, seed);
          const g = rule.globalModule(nextRound(rule, layout, startServer(rule, layout), updates).state);
          const sum = new Float64Array(layout.size);
          let total = 0;
          for (const { mask, values, examples } of updates) {
            total += examples;
            let j = 0;
            for (let p = 0; p < layout.size; p++)
              if (mask.bits[p >> 3] & (1 << (p & 7))) sum[p] += examples * values[j++];
          }
          expect(g).toEqual(Float32Array.from(sum, (value) => value / total));
        },
      ),
    );
  });

  test('takes no options', () => {
    expect(weightedMeanFactory.optionsSchema.safeParse({ minHolders: 2 }).success).toBe(false);
    expect(weightedMeanFactory.make({}, {}).name).toBe('weighted-mean');
  });
});
