import type { Batch, Example } from './contract.js';
import { errors } from './errors.js';
import { makeBatch } from './make-batch.js';

/** A batch, and where its rows stood among the examples. */
export interface EvaluationBatch {
  readonly batch: Batch;
  /** `[batch.rows]`: original index of each row, for results in file order. */
  readonly indices: readonly number[];
}

/**
 * Deals every example into exactly one batch, shortest first, so that little is padded.
 *
 * `maxTokens`: most padded tokens (rows · length) of a batch; a longer example has a batch of its own. Default 4096.
 * `maxRows`: most rows of a batch. Default 32.
 * @throws `datasets/bad-option` for a limit below 1.
 */
export function* evaluationBatches(
  examples: readonly Example[],
  { maxTokens = 4096, maxRows = 32 }: { readonly maxTokens?: number; readonly maxRows?: number } = {},
): Generator<EvaluationBatch, void> {
  for (const [name, value] of Object.entries({ maxTokens, maxRows }))
    if (!(value >= 1)) throw errors.make('bad-option', { what: `${name} is ${value}`, cure: 'Use a number from 1 up' });
  const order = examples.map((_, i) => i).sort((a, b) => examples[a].ids.length - examples[b].ids.length);
  let indices: number[] = [];
  for (const index of order) {
    // Ascending lengths: the newest example is the longest of its batch.
    const full = indices.length >= maxRows || (indices.length + 1) * examples[index].ids.length > maxTokens;
    if (full && indices.length > 0) {
      yield { batch: makeBatch(indices.map((i) => examples[i])), indices };
      indices = [];
    }
    indices.push(index);
  }
  if (indices.length > 0) yield { batch: makeBatch(indices.map((i) => examples[i])), indices };
}
