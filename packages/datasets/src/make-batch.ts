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

/** The shortest examples of a batch, in its order, as a batch of their own; of equal ones the earlier. */
export function shortestExamples({ ids, starts, tokens, examples }: Batch, count: number): Batch {
  const lengths = Array.from(tokens, (_, j) => starts[j + 1] - starts[j]);
  const chosen = Array.from({ length: examples }, (_, j) => j)
    .sort((a, b) => lengths[a] - lengths[b])
    .slice(0, count)
    .sort((a, b) => a - b);
  return makeBatch(
    chosen.map((j) => ({ ids: ids.slice(starts[j], starts[j + 1]), promptLength: lengths[j] - tokens[j] })),
  );
}
