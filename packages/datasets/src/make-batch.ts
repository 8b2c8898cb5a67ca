import type { Batch, Example } from './contract.js';
import { errors } from './errors.js';

/**
 * Lays examples end to end.
 *
 * @throws `datasets/no-examples`
 */
export function makeBatch(examples: readonly Example[]): Batch {
  if (examples.length === 0)
    throw errors.make('no-examples', { what: 'a batch of 0 examples', cure: 'Give it at least one' });
  const starts = new Int32Array(examples.length + 1);
  for (const [j, { ids }] of examples.entries()) starts[j + 1] = starts[j] + ids.length;
  const tokens = Int32Array.from(examples, ({ ids, promptLength }) => ids.length - promptLength);
  const count = tokens.reduce((sum, n) => sum + n, 0);
  const ids = new Int32Array(starts[examples.length]);
  const lossPositions = new Int32Array(count);
  const labels = new Int32Array(count);
  const lossExamples = new Int32Array(count);
  let m = 0;
  for (const [j, example] of examples.entries()) {
    ids.set(example.ids, starts[j]);
    for (let t = example.promptLength; t < example.ids.length; t++, m++) {
      lossPositions[m] = starts[j] + t - 1;
      labels[m] = example.ids[t];
      lossExamples[m] = j;
    }
  }
  return { ids, starts, lossPositions, labels, lossExamples, examples: examples.length, tokens };
}

/** The first examples of a batch as a batch of their own; all of them where there are no more. */
export function firstExamples(batch: Batch, count: number): Batch {
  const examples = Math.min(count, batch.examples);
  const tokens = batch.tokens.slice(0, examples);
  const losses = tokens.reduce((sum, n) => sum + n, 0);
  return {
    ids: batch.ids.slice(0, batch.starts[examples]),
    starts: batch.starts.slice(0, examples + 1),
    lossPositions: batch.lossPositions.slice(0, losses),
    labels: batch.labels.slice(0, losses),
    lossExamples: batch.lossExamples.slice(0, losses),
    examples,
    tokens,
  };
}
