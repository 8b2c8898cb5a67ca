import fc from 'fast-check';
import { constantSchedule } from './constant.js';
import { cosineSchedule } from './cosine.js';

test('a constant rate warms up linearly', () => {
  const { at } = constantSchedule({ peak: 2, warmup: 4 });
  expect([0, 1, 2, 3, 4, 100].map(at)).toEqual([0.5, 1, 1.5, 2, 2, 2]);
  expect(constantSchedule({ peak: 2 }).at(0)).toBe(2);
});

test('the cosine: peak after the warm-up, half way at the middle, the floor at the end and after it', () => {
  const { at } = cosineSchedule({ peak: 1, total: 110, warmup: 10, floor: 0.2 });
  expect(at(0)).toBeCloseTo(0.1, 12);
  expect(at(9)).toBe(1);
  expect(at(10)).toBe(1);
  expect(at(60)).toBeCloseTo(0.6, 12);
  expect(at(110)).toBeCloseTo(0.2, 12);
  expect(at(1000)).toBeCloseTo(0.2, 12);
});

test('no rate is above the peak or, after the warm-up, below the floor or above the one before', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 200 }),
      fc.nat(),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (total, w, part) => {
        const warmup = w % total;
        const { at } = cosineSchedule({ peak: 1, total, warmup, floor: part });
        for (let step = 0; step < total; step++) {
          expect(at(step)).toBeLessThanOrEqual(1);
          if (step >= warmup) expect(at(step)).toBeGreaterThanOrEqual(part - 1e-12);
          if (step > warmup) expect(at(step)).toBeLessThanOrEqual(at(step - 1));
        }
      },
    ),
  );
});

test.each([
  { peak: -1, total: 10, warmup: 0, floor: 0 },
  { peak: Number.NaN, total: 10, warmup: 0, floor: 0 },
  { peak: 1, total: 10, warmup: 10, floor: 0 },
  { peak: 1, total: 1.5, warmup: 0, floor: 0 },
])('refuses %p', (options) => {
  expect(() => cosineSchedule(options)).toThrow(expect.objectContaining({ code: 'training/bad-option' }));
});
