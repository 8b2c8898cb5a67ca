import { type Architecture, architectureFrom, createLayout, fullArchitecture, livePositions } from '@perfit/lora';
import { sampleLayout, seededRandom } from '@perfit/lora/testing';
import fc from 'fast-check';
import { type Granularity, prefix, prefixWeight, weight } from '../index.js';
import { testGranularity } from '../testing.js';

describe('prefix', () => testGranularity(() => prefix()));
describe('prefix-weight', () => testGranularity(() => prefixWeight(), { exact: true }));

const layers = 4;
const layout = sampleLayout(2, layers);
const architecture = fullArchitecture(layout.size);
const layerOf = Array.from(
  { length: layout.size },
  (_, position) => layout.slots.find(({ offset, size }) => position < offset + size)!.site.layer,
);
const perLayer = layout.size / layers;
const scored = fc.array(fc.constantFrom(0, 0.25, 1, 2), { minLength: layout.size, maxLength: layout.size });
const flags = fc.array(fc.boolean(), { minLength: layout.size, maxLength: layout.size });
const liveIn = (kept: Architecture, lowest: number) =>
  livePositions(kept).filter((position) => layerOf[position] >= lowest).length;

test('prefix keeps the most upper layers that fit, whole; the rest is pruned (law 2)', () => {
  fc.assert(
    fc.property(scored, flags, fc.nat(layout.size), (list, live, keep) => {
      const before = architectureFrom(layout.size, (position) => live[position]);
      const kept = prefix().select({ layout, scores: Float32Array.from(list), architecture: before, keep });
      const depth = [0, 1, 2, 3, 4].find((lowest) => liveIn(before, lowest) <= keep)!;
      expect(kept).toEqual(architectureFrom(layout.size, (position) => live[position] && layerOf[position] >= depth));
    }),
  );
});

test('prefix by hand: four layers of 128 positions', () => {
  expect(perLayer).toBe(128);
  const depths = [511, 384, 300, 256, 128, 127].map((keep) => {
    const kept = prefix().select({ layout, scores: new Float32Array(layout.size).fill(1), architecture, keep });
    return kept.live;
  });
  expect(depths).toEqual([384, 384, 256, 256, 128, 0]);
});

test('prefix refuses NaN although it compares no scores', () => {
  const scores = new Float32Array(layout.size).fill(1);
  scores[3] = Number.NaN;
  expect(() => prefix().select({ layout, scores, architecture, keep: 10 })).toThrow('position 3 is NaN');
});

/** Two layers of four positions, F = 48 each: with keep = 4, C(0) = 24 + 96 + 48 = 168 and C(1) = 24 + 96 = 120. */
const two = createLayout(
  [0, 1].map((layer) => ({ name: `layers.${layer}.q_proj`, layer, in: 2, out: 2, flops: 48 })),
  1,
);
const keptOf = (granularity: Granularity, scores: number[]) => [
  ...livePositions(
    granularity.select({
      layout: two,
      scores: Float32Array.from(scores),
      architecture: fullArchitecture(8),
      keep: 4,
    }),
  ),
];

test('prefix-weight by hand: the lower layer goes where it holds less of the score than of the compute', () => {
  // V(0) = 8 + 4 + 1 + 1 = 14, V(1) = 4 + 1 + 1 + 1 = 7: 14/168 > 7/120.
  expect(keptOf(prefixWeight(), [8, 0, 0, 0, 4, 1, 1, 1])).toEqual([0, 4, 5, 6]);
  // V(0) = 4 + 3 + 3 + 3 = 13, V(1) = 3 · 4 − 1 = 11: 13/168 < 11/120.
  expect(keptOf(prefixWeight(), [4, 0, 0, 0, 3, 3, 3, 2])).toEqual([4, 5, 6, 7]);
  expect(keptOf(weight(), [4, 0, 0, 0, 3, 3, 3, 2])).toEqual([0, 4, 5, 6]);
  // 7/168 = 5/120: of equal depths the lower.
  expect(keptOf(prefixWeight(), [2, 1, 0, 0, 2, 2, 1, 0])).toEqual([0, 1, 4, 5]);
});

test('prefix-weight keeps exactly K, the best of the layers from its depth on', () => {
  fc.assert(
    fc.property(scored, flags, fc.integer({ min: 1, max: layout.size }), (list, live, keep) => {
      const scores = Float32Array.from(list);
      const before = architectureFrom(layout.size, (position) => live[position]);
      const kept = prefixWeight().select({ layout, scores, architecture: before, keep });
      expect(kept.live).toBe(Math.min(keep, before.live));
      if (kept.live === before.live) return;
      const depth = Math.min(...[...livePositions(kept)].map((position) => layerOf[position]));
      const upper = architectureFrom(layout.size, (position) => live[position] && layerOf[position] >= depth);
      expect(kept).toEqual(weight().select({ layout, scores, architecture: upper, keep }));
    }),
  );
});

test('prefix-weight finds another depth where the scores lie elsewhere', () => {
  const random = seededRandom(5);
  const lowest = (weightOf: (layer: number) => number) => {
    const scores = Float32Array.from(layerOf, (layer) => weightOf(layer) * (0.5 + random()));
    const kept = prefixWeight().select({ layout, scores, architecture, keep: layout.size / 2 });
    expect(kept.live).toBe(layout.size / 2);
    return Math.min(...[...livePositions(kept)].map((position) => layerOf[position]));
  };
  expect(lowest((layer) => 1 / (1 + layer))).toBe(0);
  expect(lowest((layer) => 4 ** layer)).toBe(2);
});
