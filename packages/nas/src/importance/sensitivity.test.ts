import { readFileSync } from 'node:fs';
import { createLayout, symmetric, zero } from '@perfit/lora';
import { seededRandom } from '@perfit/lora/testing';
import { cubic, first, search, sensitivity, sensitivityFactory, weight } from '../index.js';
import { regressionTrainee, sampleStatistics, testImportance } from '../testing.js';

describe('sensitivity', () => testImportance(() => sensitivity()));

const random = seededRandom(1);
const layoutOf = (columns: number, out: number, rank: number) =>
  createLayout([{ name: 'q_proj', layer: 0, in: columns, out, flops: 2 * columns * out }], rank);
const ranking = (scores: Float32Array) => [...scores.keys()].sort((a, b) => scores[b] - scores[a] || a - b);

test('the recursion, by hand', () => {
  const importance = sensitivity({ beta1: 0.5, beta2: 0.5 });
  const layout = layoutOf(1, 1, 1);
  const score = (values: number[], gradient: number[]) => [
    ...importance.score({
      layout,
      statistics: { values: Float32Array.from(values), gradient: Float32Array.from(gradient) },
      random,
    }),
  ];
  // I = 6, 6: Ī = 3, Ū = ½ · |6 − 3| = 1.5.
  expect(score([2, 3], [3, -2])).toEqual([4.5, 4.5]);
  // I = 2, 6: Ī = 2.5, 4.5; Ū = ½ · 1.5 + ½ · 0.5 = 1, ½ · 1.5 + ½ · 1.5 = 1.5.
  expect(score([1, 3], [2, -2])).toEqual([2.5, 6.75]);
});

test('equals PEFT’s AdaLoRA over five iterations, a pruned position and one without a gradient included', () => {
  const golden = JSON.parse(readFileSync(new URL('./sensitivity.golden.json', import.meta.url), 'utf8')) as {
    readonly beta1: number;
    readonly beta2: number;
    readonly iterations: readonly Readonly<Record<'values' | 'gradient' | 'score', number[]>>[];
  };
  const layout = layoutOf(6, 1, 2);
  const importance = sensitivity(golden);
  const laidOut = (numbers: readonly number[]) => Float32Array.from({ length: layout.size }, (_, p) => numbers[p] ?? 0);
  expect(golden.iterations).toHaveLength(5);
  for (const { values, gradient, score } of golden.iterations) {
    const statistics = { values: laidOut(values), gradient: laidOut(gradient) };
    const scores = importance.score({ layout, statistics, random });
    const most = Math.max(...score);
    score.forEach((want, p) => {
      expect(Math.abs(scores[p] - want)).toBeLessThanOrEqual(1e-6 * most);
    });
    expect(scores[1]).toBe(0);
    expect(ranking(scores.subarray(0, 12))).toEqual(ranking(Float32Array.from(score)));
  }
});

test('ranks as first at the first iteration, otherwise later', () => {
  const layout = layoutOf(20, 20, 2);
  const statistics = (seed: number) => sampleStatistics(seed, layout.size);
  const importance = sensitivity();
  const [one, two] = [1, 2].map((seed) => ({ layout, statistics: statistics(seed), random }));
  expect(ranking(importance.score(one))).toEqual(ranking(first().score(one)));
  expect(ranking(importance.score(two))).not.toEqual(ranking(first().score(two)));
});

test('a new one, and another layout, start anew', () => {
  const layout = layoutOf(4, 4, 2);
  const input = { layout, statistics: sampleStatistics(1, layout.size), random };
  const other = { layout: layoutOf(4, 4, 1), statistics: sampleStatistics(1, 8), random };
  const importance = sensitivity();
  const once = importance.score(input);
  expect(importance.score(input)).not.toEqual(once);
  expect(sensitivity().score(input)).toEqual(once);
  expect(importance.score(other)).toEqual(sensitivity().score(other));
});

test('a whole search ends with K positions; the zero start is refused', async () => {
  const plan = { schedule: cubic(), granularity: weight(), iterations: 4, stepsBetween: 1 };
  const { trainee } = regressionTrainee(symmetric());
  const { architecture } = await search({ ...plan, trainee, importance: sensitivity() });
  expect(architecture.live).toBe(trainee.budget);
  const vanished = regressionTrainee(zero()).trainee;
  await expect(search({ ...plan, trainee: vanished, importance: sensitivity() })).rejects.toThrow(
    expect.objectContaining({ code: 'nas/vanishing-scores' }),
  );
});

test('refuses a β outside of (0, 1); the default is the paper’s', () => {
  for (const beta of [0, 1, -0.1, Number.NaN]) {
    expect(() => sensitivity({ beta1: beta, beta2: 0.5 })).toThrow('sensitivity: beta1 is');
    expect(() => sensitivity({ beta1: 0.5, beta2: beta })).toThrow(expect.objectContaining({ code: 'nas/bad-option' }));
  }
  expect(sensitivityFactory.optionsSchema.parse({})).toEqual({ beta1: 0.85, beta2: 0.85 });
  expect(sensitivityFactory.optionsSchema.safeParse({ beta1: 1 }).success).toBe(false);
});
