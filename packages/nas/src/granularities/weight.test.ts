import { architectureFrom, fullArchitecture, livePositions } from '@perfit/lora';
import { sampleLayout } from '@perfit/lora/testing';
import fc from 'fast-check';
import { weight } from '../index.js';
import { testGranularity } from '../testing.js';

describe('weight', () => testGranularity(() => weight(), { exact: true }));

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
