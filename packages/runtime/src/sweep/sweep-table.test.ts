import { csv } from './csv.js';
import { studentInterval } from './student-interval.js';

// Critical values of Student's t as tables print them: t(0.975; ν).
test.each([
  [1, 12.706],
  [2, 4.303],
  [4, 2.776],
  [9, 2.262],
  [29, 2.045],
])('95 %% interval with %i degrees of freedom', (degrees, critical) => {
  // n values, alternating ±1 around 5 with a 5 in the middle where n is odd.
  const values = Array.from({ length: degrees + 1 }, (_, i) =>
    (degrees + 1) % 2 === 1 && i === degrees ? 5 : 5 + (i % 2 === 0 ? 1 : -1),
  );
  const { mean, interval } = studentInterval(values)!;
  const spread = values.reduce((sum, value) => sum + (value - 5) ** 2, 0);
  expect(mean).toBeCloseTo(5, 12);
  expect(interval![1] - 5).toBeCloseTo(critical * Math.sqrt(spread / degrees / (degrees + 1)), 2);
  expect(5 - interval![0]).toBeCloseTo(interval![1] - 5, 12);
});

test('1, 2, 3: 2 ± 4.3027 / √3', () => {
  expect(studentInterval([1, 2, 3])!.interval![1]).toBeCloseTo(4.48414, 5);
});

test('one value has no interval; a missing one leaves no figure', () => {
  expect(studentInterval([3])).toEqual({ mean: 3, interval: null });
  expect(studentInterval([])).toBeNull();
  expect(studentInterval([1, null])).toBeNull();
  expect(studentInterval([2, 2])).toEqual({ mean: 2, interval: [2, 2] });
});

test('CSV quotes what must be quoted', () => {
  expect(
    csv([
      ['a', 'b,c', 'd"e', 'f\ng'],
      [1, null, 0.1, '{"x":1}'],
    ]),
  ).toBe('a,"b,c","d""e","f\ng"\r\n1,,0.1,"{""x"":1}"\r\n');
});
