import fc from 'fast-check';
import type { Batch, Example } from './contract.js';
import { evaluationBatches } from './evaluation-batches.js';
import { makeBatch, shortestExamples } from './make-batch.js';
import { seededRandom } from './testing.js';
import { trainingBatches } from './training-batches.js';

/** Example i starts with token i, so that batches tell which examples they hold. */
const example = (i: number, length: number, promptLength = 1): Example => ({
  ids: Int32Array.from({ length }, (_, t) => (t === 0 ? i : 1000 + t)),
  promptLength,
});
const held = ({ ids, starts, examples }: Batch) => Array.from({ length: examples }, (_, j) => ids[starts[j]]);
const lengths = fc.array(fc.integer({ min: 2, max: 20 }), { minLength: 1, maxLength: 20 });

describe('makeBatch', () => {
  test('by hand', () => {
    const batch = makeBatch([
      { ids: Int32Array.of(5, 6, 7), promptLength: 2 },
      { ids: Int32Array.of(8, 9, 10, 11), promptLength: 1 },
    ]);
    expect({ ...batch }).toEqual({
      ids: Int32Array.of(5, 6, 7, 8, 9, 10, 11),
      starts: Int32Array.of(0, 3, 7),
      lossPositions: Int32Array.of(1, 3, 4, 5),
      labels: Int32Array.of(7, 9, 10, 11),
      lossExamples: Int32Array.of(0, 1, 1, 1),
      examples: 2,
      tokens: Int32Array.of(1, 3),
    });
  });

  test('the shortest examples of a batch are the batch of those, in its order', () => {
    fc.assert(
      fc.property(lengths, fc.integer({ min: 1, max: 25 }), (all, count) => {
        const examples = all.map((length, i) => example(i, length, 1 + (i % (length - 1))));
        const inOrder = [...all].sort((a, b) => a - b).slice(0, count);
        const longest = inOrder.at(-1)!;
        let ties = inOrder.filter((length) => length === longest).length;
        const shortest = examples.filter(({ ids }) => ids.length < longest || (ids.length === longest && ties-- > 0));
        expect(shortestExamples(makeBatch(examples), count)).toEqual(makeBatch(shortest));
      }),
    );
  });

  test('every loss position precedes its label, inside of one example', () => {
    fc.assert(
      fc.property(lengths, (all) => {
        const examples = all.map((length, i) => example(i, length, 1 + (i % (length - 1))));
        const batch = makeBatch(examples);
        expect(batch.lossPositions).toEqual(batch.lossPositions.slice().sort());
        batch.lossPositions.forEach((at, m) => {
          expect(batch.ids[at + 1]).toBe(batch.labels[m]);
          expect(at).toBeGreaterThanOrEqual(batch.starts[batch.lossExamples[m]]);
          expect(at + 1).toBeLessThan(batch.starts[batch.lossExamples[m] + 1]);
        });
        expect(batch.tokens.reduce((a, b) => a + b)).toBe(batch.labels.length);
      }),
    );
  });

  test('holds every token of every example, and no other', () => {
    fc.assert(
      fc.property(lengths, (all) => {
        const examples = all.map((length, i) => example(i, length));
        const { ids, starts } = makeBatch(examples);
        expect([...ids]).toEqual(examples.flatMap((one) => [...one.ids]));
        expect(starts).toHaveLength(all.length + 1);
        expect(starts[0]).toBe(0);
        all.forEach((length, j) => {
          expect(starts[j + 1] - starts[j]).toBe(length);
        });
      }),
    );
  });

  test('refuses nothing', () => {
    expect(() => makeBatch([])).toThrow(expect.objectContaining({ code: 'datasets/no-examples' }));
  });
});

describe('trainingBatches', () => {
  const take = (n: number, all: readonly number[], batchSize: number, seed: number, window?: number) => {
    const stream = trainingBatches({
      examples: all.map((length, i) => example(i, length)),
      batchSize,
      random: seededRandom(seed),
      ...(window === undefined ? {} : { window }),
    });
    return Array.from({ length: n }, () => stream.next().value as Batch);
  };

  test('every batch is full, and after each the examples’ counts differ by at most 1', () => {
    fc.assert(
      fc.property(
        lengths,
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer(),
        (all, size, window, seed) => {
          const counts = all.map(() => 0);
          for (const batch of take(15, all, size, seed, window)) {
            expect(batch.examples).toBe(size);
            for (const i of held(batch)) counts[i]++;
            expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
          }
        },
      ),
    );
  });

  test('a client smaller than a batch makes steps, all of them full', () => {
    const batches = take(4, [5, 6, 7], 8, 1);
    expect(batches.map(({ examples }) => examples)).toEqual([8, 8, 8, 8]);
    for (const batch of batches) expect(new Set(held(batch)).size).toBe(3);
  });

  test('the stream alone decides, and epochs differ', () => {
    const all = Array.from({ length: 24 }, (_, i) => 2 + i);
    expect(take(20, all, 4, 3)).toEqual(take(20, all, 4, 3));
    expect(take(6, all, 4, 3)).not.toEqual(take(6, all, 4, 4));
    const batches = take(12, all, 4, 3).map(held);
    expect(batches.slice(0, 6)).not.toEqual(batches.slice(6));
  });

  test('a window of several batches makes smaller blocks than a window of one', () => {
    const all = Array.from({ length: 64 }, (_, i) => 4 + ((i * 37) % 64));
    const block = (window: number) =>
      take(16, all, 8, 5, window).reduce((sum, batch) => sum + 8 * Math.max(...held(batch).map((i) => all[i])), 0);
    expect(block(8)).toBeLessThan(0.75 * block(1));
    expect(block(4)).toBeLessThan(0.85 * block(1));
  });

  test('the order of a seed, so that runs can be repeated with a later version', () => {
    const all = Array.from({ length: 10 }, (_, i) => 2 + ((i * 7) % 10));
    expect(take(5, all, 4, 3).map(held)).toEqual([
      [5, 1, 4, 7],
      [0, 3, 6, 2],
      [8, 9, 4, 1],
      [2, 5, 8, 7],
      [0, 3, 6, 9],
    ]);
  });

  test.each([
    [[], 4, 1],
    [[5], 0, 1],
    [[5], 1.5, 1],
    [[5], 4, 0],
  ])('refuses lengths %p, batch size %p, window %p', (all, size, window) => {
    const code = all.length ? 'datasets/bad-option' : 'datasets/no-examples';
    expect(() => take(1, all, size, 1, window)).toThrow(expect.objectContaining({ code }));
  });
});

describe('evaluationBatches', () => {
  test('every example once, under its own index, within the limits unless alone', () => {
    fc.assert(
      fc.property(
        lengths,
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 1, max: 9 }),
        (all, maxTokens, maxExamples) => {
          const examples = all.map((length, i) => example(i, length));
          const seen: number[] = [];
          for (const { batch, indices } of evaluationBatches(examples, { maxTokens, maxExamples })) {
            expect(held(batch)).toEqual(indices);
            expect(batch.examples).toBeLessThanOrEqual(maxExamples);
            if (batch.examples > 1) expect(batch.ids.length).toBeLessThanOrEqual(maxTokens);
            seen.push(...indices);
          }
          expect(seen.map((i) => all[i])).toEqual([...all].sort((a, b) => a - b));
          expect([...seen].sort((a, b) => a - b)).toEqual(all.map((_, i) => i));
        },
      ),
    );
  });

  test('nothing gives nothing; limits below 1 are refused', () => {
    expect([...evaluationBatches([])]).toEqual([]);
    expect(() => [...evaluationBatches([example(0, 3)], { maxExamples: 0 })]).toThrow(
      expect.objectContaining({ code: 'datasets/bad-option' }),
    );
  });
});
