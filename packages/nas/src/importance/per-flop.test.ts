import { createLayout, fullArchitecture, livePositions, slotsBySite } from '@perfit/lora';
import { sampleLayout, seededRandom } from '@perfit/lora/testing';
import { first, IMPORTANCE, type Importance, perFlop, perFlopFactory, rank, second, weight } from '../index.js';
import { sampleStatistics, testImportance } from '../testing.js';

describe('per-flop of first', () => testImportance(() => perFlop(first())));
describe('per-flop of second', () => testImportance(() => perFlop(second())));

/** Every score is the same: what comes out is 1 / cost. */
const alike = (score = 1): Importance => ({
  name: 'alike',
  needs: [],
  score: ({ layout }) => new Float32Array(layout.size).fill(score),
});
const statistics = sampleStatistics();
const random = seededRandom(1);
const scoresOf = (layout: ReturnType<typeof sampleLayout>, importance: Importance) =>
  importance.score({ layout, statistics, random });

test('the cost by hand: three layers of four positions whose frozen products take 8, 8 and 16 operations', () => {
  // Layer 10 sorts before layer 2 by name, but lies above it.
  const sites = [
    { name: 'layers.10.q_proj', layer: 10, in: 2, out: 2, flops: 16 },
    { name: 'layers.2.q_proj', layer: 2, in: 2, out: 2, flops: 8 },
    { name: 'layers.1.q_proj', layer: 1, in: 2, out: 2, flops: 8 },
  ];
  const layout = createLayout(sites, 1);
  // The top: 6. The middle: 6 + 16 / 8. The lowest: 6 + 8 / 4 + 16 / 8.
  const want = new Map([
    [10, 6],
    [2, 8],
    [1, 10],
  ]);
  const scores = scoresOf(layout, perFlop(alike(120)));
  for (const { site, offset, size } of layout.slots)
    expect([...scores.subarray(offset, offset + size)]).toEqual(Array(size).fill(120 / want.get(site.layer)!));
});

test('the costs of all positions add up to what training all of them costs', () => {
  const layout = sampleLayout(3, 4);
  const total = scoresOf(layout, perFlop(alike())).reduce((sum, score) => sum + 1 / score, 0);
  const frozen = layout.sites.filter(({ layer }) => layer > 0).reduce((sum, { flops }) => sum + flops, 0);
  expect(total).toBeCloseTo(6 * layout.size + frozen, 1);
});

test('within a site the order stays; of equal scores the upper layer keeps more', () => {
  const layout = sampleLayout(4, 2);
  const [plain, priced] = [first(), perFlop(first())].map((importance) => scoresOf(layout, importance));
  const order = (scores: Float32Array) => [...scores.keys()].sort((a, b) => scores[b] - scores[a] || a - b);
  for (const { offset, size } of layout.slots)
    expect(order(priced.subarray(offset, offset + size))).toEqual(order(plain.subarray(offset, offset + size)));
  const upper = slotsBySite(layout).filter(({ site }) => site.layer === 1);
  const inUpper = (position: number) =>
    upper.some(({ A, B }) => [A, B].some(({ offset, size }) => position >= offset && position < offset + size));
  const architecture = fullArchitecture(layout.size);
  const share = (scores: Float32Array) => {
    const kept = livePositions(weight().select({ layout, scores, architecture, keep: layout.size / 2 }));
    return kept.filter(inUpper).length / kept.length;
  };
  expect(share(scoresOf(layout, perFlop(alike())))).toBe(1);
  expect(share(priced)).toBeGreaterThan(share(plain));
  const kept = rank().select({
    layout,
    scores: scoresOf(layout, perFlop(alike())),
    architecture,
    keep: layout.size / 2,
  });
  expect([...livePositions(kept)].every(inUpper)).toBe(true);
});

test('a score of 0 stays 0, so that vanishing scores are still seen', () => {
  expect(scoresOf(sampleLayout(), perFlop(alike(0))).every((score) => score === 0)).toBe(true);
});

test('one layer: every position costs its own six operations', () => {
  expect(new Set(scoresOf(sampleLayout(2, 1), perFlop(alike(12))))).toEqual(new Set([2]));
});

test('the factory resolves what it wraps, by name or with options', () => {
  const resolve = jest.fn(() => second());
  const make = (options: unknown) => perFlopFactory.make(perFlopFactory.optionsSchema.parse(options), { resolve });
  expect(make({})).toMatchObject({ name: 'per-flop', needs: second().needs });
  expect(resolve).toHaveBeenLastCalledWith(IMPORTANCE, 'importance', 'first');
  make({ of: { name: 'sensitivity', beta1: 0.5 } });
  expect(resolve).toHaveBeenLastCalledWith(IMPORTANCE, 'importance', { name: 'sensitivity', beta1: 0.5 });
  expect(perFlopFactory.optionsSchema.safeParse({ of: '' }).success).toBe(false);
});
