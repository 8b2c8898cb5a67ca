import { sampleLayout, seededRandom } from '@perfit/lora/testing';
import { first, gradient, type Importance, magnitude, mixed, random, second } from '../index.js';
import { sampleStatistics, testImportance } from '../testing.js';

const layout = sampleLayout();
const all = { first, second, mixed, magnitude, gradient, random };

for (const [name, make] of Object.entries(all)) {
  describe(name, () => testImportance(make));
  test(`${name} is its own name`, () => expect(make().name).toBe(name));
}

const score = (importance: Importance, values: number[], g: number[], F: number[]) => {
  const fill = (numbers: number[]) => Float32Array.from({ length: layout.size }, (_, i) => numbers[i] ?? 0);
  const statistics = { values: fill(values), gradient: fill(g), fisher: fill(F) };
  return [...importance.score({ layout, statistics, random: seededRandom(1) }).subarray(0, values.length)];
};

test('the formulas, on numbers that float32 holds', () => {
  const w = [2, -2, 0.5, 0];
  const g = [3, 3, -4, 5];
  const F = [1, 1, 32, 7];
  expect(score(first(), w, g, F)).toEqual([6, 6, 2, 0]);
  expect(score(second(), w, g, F)).toEqual([4, 4, 8, 0]);
  // w·g − ½·w·F·w: 6 − 2, −6 − 2, −2 − 4: the sign of w·g parts twins.
  expect(score(mixed(), w, g, F)).toEqual([4, 8, 6, 0]);
  expect(score(magnitude(), w, g, F)).toEqual([2, 2, 0.5, 0]);
  expect(score(gradient(), w, g, F)).toEqual([3, 3, 4, 5]);
});

test('mixed differs from first and from second', () => {
  const { values, gradient: g, fisher } = sampleStatistics();
  const of = (importance: Importance) =>
    importance.score({ layout, statistics: { values, gradient: g, fisher }, random: seededRandom(1) });
  const [one, two, both] = [of(first()), of(second()), of(mixed())];
  const differs = (a: Float32Array) => both.filter((score, i) => Math.abs(score - a[i]) > 1e-3 * score).length;
  expect(differs(one)).toBeGreaterThan(layout.size / 2);
  expect(differs(two)).toBeGreaterThan(layout.size / 2);
});

test('NaN in a statistic becomes NaN in the score', () => {
  expect(score(first(), [1], [Number.NaN], [0])).toEqual([Number.NaN]);
});

test('random scores are above 0 and differ by stream', () => {
  const scores = (seed: number) =>
    random().score({ layout, statistics: sampleStatistics(), random: seededRandom(seed) });
  expect(scores(1).every((value) => value > 0 && value <= 1)).toBe(true);
  expect(scores(1)).not.toEqual(scores(2));
  const nothing = random().score({ layout, statistics: sampleStatistics(), random: () => 0 });
  expect(nothing.every((value) => value === 1)).toBe(true);
});

test('statistics of another size, or missing, are named', () => {
  const short = new Float32Array(3);
  const { values, gradient: g } = sampleStatistics();
  const input = (statistics: object) => ({ layout, statistics: statistics as never, random: seededRandom(1) });
  const refuses = (code: string) => expect.objectContaining({ code: `nas/${code}` });
  expect(() => first().score(input({ values: short, gradient: g }))).toThrow(refuses('size-mismatch'));
  expect(() => first().score(input({ values, gradient: short }))).toThrow(refuses('size-mismatch'));
  expect(() => mixed().score(input({ values, gradient: g }))).toThrow(
    '[perfit/nas] the importance "mixed" needs fisher, which was not gathered.',
  );
});
