import { type Example, evaluationBatches, trainingBatches, truncateExample } from '@perfit/datasets';
import fc from 'fast-check';
import { MAX_EXAMPLES, MAX_TOKENS } from '../evaluate-values.js';
import { randomStreams } from '../random-streams.js';
import { cutLengths, largestOf, largestScoringBatch, largestTrainingBatch, lengthsOf } from './batch-size.js';

const example = ([prompt, response]: readonly [number, number]): Example => ({
  ids: new Int32Array(prompt + response),
  promptLength: prompt,
});
const lengths = (most: number) => fc.tuple(fc.integer({ min: 1, max: most }), fc.integer({ min: 1, max: most }));
const rows = (most: number, count = 12) => fc.array(lengths(most), { minLength: 1, maxLength: count });
const ofRows = (train: readonly Example[]) => lengthsOf({ train, validation: [], test: [] }).train;
const within = (
  batch: { readonly ids: Int32Array; readonly labels: Int32Array; readonly starts: Int32Array },
  bound: ReturnType<typeof largestOf>,
) => {
  expect(batch.ids.length).toBeLessThanOrEqual(bound.tokens);
  expect(batch.labels.length).toBeLessThanOrEqual(bound.lossTokens);
  for (let s = 1; s < batch.starts.length; s++)
    expect(batch.starts[s]! - batch.starts[s - 1]!).toBeLessThanOrEqual(bound.longest);
};

test('by hand: the two longest, and the two longest responses', () => {
  const train = [
    { prompt: 9, response: 1 },
    { prompt: 2, response: 6 },
    { prompt: 1, response: 1 },
    { prompt: 1, response: 4 },
  ];
  expect(largestTrainingBatch(train, 2)).toEqual({ tokens: 18, lossTokens: 10, longest: 10 });
  // Four are the whole client, and eight are it twice.
  expect(largestTrainingBatch(train, 4)).toEqual({ tokens: 25, lossTokens: 12, longest: 10 });
  expect(largestTrainingBatch(train, 8)).toEqual({ tokens: 50, lossTokens: 24, longest: 10 });
});

test('no batch of training is larger, for any client, batch size and seed', () => {
  fc.assert(
    fc.property(rows(20), fc.integer({ min: 1, max: 14 }), fc.integer(), (all, batchSize, seed) => {
      const examples = all.map(example);
      const bound = largestTrainingBatch(ofRows(examples), batchSize);
      const batches = trainingBatches({ examples, batchSize, random: randomStreams(seed).stream('batches') });
      for (let step = 0; step < 20; step++) within(batches.next().value, bound);
    }),
  );
});

test('no batch of scoring is larger', () => {
  fc.assert(
    fc.property(rows(900, 60), (all) => {
      const examples = all.map(example);
      const bound = largestScoringBatch(ofRows(examples));
      for (const { batch } of evaluationBatches(examples, { maxTokens: MAX_TOKENS, maxExamples: MAX_EXAMPLES }))
        within(batch, bound);
    }),
    { numRuns: 30 },
  );
});

test('a smaller maxTokens cuts as truncateExample does, also what it has cut already', () => {
  fc.assert(
    fc.property(rows(30), fc.integer({ min: 2, max: 50 }), fc.integer({ min: 0, max: 20 }), (all, n, more) => {
      const examples = all.map(example);
      const once = ofRows(examples.map((one) => truncateExample(one, n)));
      const cut = (from: readonly Example[]) => cutLengths({ train: ofRows(from), scored: [] }, n).train;
      expect(cut(examples)).toEqual(once);
      expect(cut(examples.map((one) => truncateExample(one, n + more)))).toEqual(once);
    }),
  );
});

test('the largest of several is no smaller than any; of none it is one token', () => {
  expect(
    largestOf([
      { tokens: 5, lossTokens: 2, longest: 3 },
      { tokens: 4, lossTokens: 3, longest: 4 },
    ]),
  ).toEqual({ tokens: 5, lossTokens: 3, longest: 4 });
  expect(largestOf([])).toEqual({ tokens: 1, lossTokens: 1, longest: 1 });
});
