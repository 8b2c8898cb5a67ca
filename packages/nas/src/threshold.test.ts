import fc from 'fast-check';
import { nthLargest } from './threshold.js';

const numbers = fc.float32Array({ noNaN: true, minLength: 1, maxLength: 60 });
const few = fc
  .array(fc.constantFrom(0, -0, 1, -1, Infinity, -Infinity, 2 ** -149, -(2 ** -149)), { minLength: 1, maxLength: 60 })
  .map((list) => Float32Array.from(list));

test('the n-th largest is the sorted array’s, and its equals are counted', () => {
  fc.assert(
    fc.property(fc.oneof(numbers, few), fc.nat(), (values, draw) => {
      const rank = 1 + (draw % values.length);
      const sorted = [...values].sort((a, b) => b - a);
      const { value, equal } = nthLargest(values, rank);
      expect(value === sorted[rank - 1]).toBe(true);
      expect(equal).toBe(sorted.slice(0, rank).filter((other) => other === value).length);
    }),
    { numRuns: 300 },
  );
});

test('works on a view into a larger buffer', () => {
  expect(nthLargest(Float32Array.of(9, 9, 3, 1, 2).subarray(2), 2)).toEqual({ value: 2, equal: 1 });
});
