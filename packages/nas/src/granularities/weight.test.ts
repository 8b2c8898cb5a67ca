import { architectureFrom, createLayout, fullArchitecture, livePositions } from '@perfit/lora';
import { sampleLayout } from '@perfit/lora/testing';
import fc from 'fast-check';
import { weight } from '../index.js';
import { testGranularity } from '../testing.js';

describe('weight', () => testGranularity(() => weight(), { exact: true }));
describe('weight within sites', () => testGranularity(() => weight({ within: 'site' }), { exact: true }));

const layout = sampleLayout(1, 1);
const scored = fc.array(fc.constantFrom(0, -0, 0.5, 1, 1.5, 2, Infinity, -1), {
  minLength: layout.size,
  maxLength: layout.size,
});

test('keeps exactly the best live positions; of equal scores the lower ones', () => {
  const flags = fc.array(fc.boolean(), { minLength: layout.size, maxLength: layout.size });
  fc.assert(
    fc.property(scored, flags, fc.nat(layout.size), (list, live, keep) => {
      const architecture = architectureFrom(layout.size, (position) => live[position]);
      const kept = weight().select({ layout, scores: Float32Array.from(list), architecture, keep });
      const best = [...livePositions(architecture)].sort((a, b) => list[b] - list[a] || a - b).slice(0, keep);
      expect([...livePositions(kept)]).toEqual(best.sort((a, b) => a - b));
    }),
  );
});

test('NaN at a live position is named; at a pruned one it does not matter', () => {
  const scores = new Float32Array(layout.size).fill(1);
  scores[7] = Number.NaN;
  const without = architectureFrom(layout.size, (position) => position !== 7);
  expect(weight().select({ layout, scores, architecture: without, keep: 3 }).live).toBe(3);
  const architecture = fullArchitecture(layout.size);
  expect(() => weight().select({ layout, scores, architecture, keep: 3 })).toThrow(
    expect.objectContaining({ code: 'nas/not-a-number', message: expect.stringContaining('position 7 is NaN') }),
  );
  expect(() => weight().select({ layout, scores: scores.subarray(1), architecture, keep: 3 })).toThrow(
    expect.objectContaining({ code: 'nas/size-mismatch' }),
  );
});

test('within sites each keeps the best of its own, in proportion to what it has left', () => {
  const unequal = createLayout(
    [
      { name: 'a', layer: 0, in: 8, out: 8, flops: 128 },
      { name: 'b', layer: 0, in: 2, out: 2, flops: 8 },
    ],
    1,
  );
  // a has 16 positions, each worth more than any of the 4 of b.
  const scores = Float32Array.from({ length: 20 }, (_, position) => (position < 16 ? 100 - position : position));
  const architecture = fullArchitecture(20);
  const kept = (keep: number, live = architecture) => [
    ...livePositions(weight({ within: 'site' }).select({ layout: unequal, scores, architecture: live, keep })),
  ];
  expect(kept(10)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 18, 19]);
  // Shares of 5.6 and 1.4.
  expect(kept(7)).toEqual([0, 1, 2, 3, 4, 5, 19]);
  const pruned = architectureFrom(20, (position) => position < 4 || position >= 16);
  expect(kept(4, pruned)).toEqual([0, 1, 18, 19]);
  expect(kept(0)).toEqual([]);
  expect(kept(20)).toHaveLength(20);
});
