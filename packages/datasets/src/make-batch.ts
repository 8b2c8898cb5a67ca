import type { Batch, Example } from './contract.js';
import { errors } from './errors.js';

/**
 * Lays examples out as `[B, T]`, one a row, padded on the right.
 *
 * `padTo`: T; default: the longest example's length.
 * @throws `datasets/no-examples`; `datasets/bad-option` when an example is longer than `padTo`.
 */
export function makeBatch(
  examples: readonly Example[],
  { padTo }: { readonly padTo?: number | undefined } = {},
): Batch {
  if (examples.length === 0)
    throw errors.make('no-examples', { what: 'a batch of 0 examples', cure: 'Give it at least one' });
  const longest = Math.max(...examples.map((example) => example.ids.length));
  const length = padTo ?? longest;
  if (length < longest)
    throw errors.make('bad-option', {
      what: `padTo is ${length}, an example has ${longest} tokens`,
      cure: 'Raise padTo, or truncate the examples',
    });
  const rows = examples.length;
  const tokens = Int32Array.from(examples, (example) => example.ids.length - example.promptLength);
  const count = tokens.reduce((sum, n) => sum + n, 0);
  const ids = new Int32Array(rows * length);
  const positions = new Int32Array(rows * length);
  const segments = new Int32Array(rows * length).fill(-1);
  const lossPositions = new Int32Array(count);
  const labels = new Int32Array(count);
  const lossExamples = new Int32Array(count);
  let m = 0;
  examples.forEach((example, row) => {
    const start = row * length;
    ids.set(example.ids, start);
    segments.fill(row, start, start + example.ids.length);
    for (let t = 0; t < example.ids.length; t++) positions[start + t] = t;
    for (let t = example.promptLength; t < example.ids.length; t++, m++) {
      lossPositions[m] = start + t - 1;
      labels[m] = example.ids[t];
      lossExamples[m] = row;
    }
  });
  return { rows, length, ids, positions, segments, lossPositions, labels, lossExamples, examples: rows, tokens };
}
