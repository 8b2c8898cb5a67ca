import type { Batch, Example } from './contract.js';
import { errors } from './errors.js';
import { makeBatch } from './make-batch.js';

/** A batch, and where its examples stood. */
export interface EvaluationBatch {
  readonly batch: Batch;
  /** `[batch.examples]`: original index of each, for results in file order. */
  readonly indices: readonly number[];
}

/**
 * Deals every example into exactly one batch, shortest first.
 *
 * `maxTokens`: most tokens of a batch; a longer example has a batch of its own. Default 4096.
 * `maxExamples`: most examples of a batch. Default 32.
 * @throws `datasets/bad-option` for a limit below 1.
 */
export function* evaluationBatches(
  examples: readonly Example[],
  { maxTokens = 4096, maxExamples = 32 }: { readonly maxTokens?: number; readonly maxExamples?: number } = {},
): Generator<EvaluationBatch, void> {
  for (const [name, value] of Object.entries({ maxTokens, maxExamples }))
    if (!(value >= 1)) throw errors.make('bad-option', { what: `${name} is ${value}`, cure: 'Use a number from 1 up' });
  const order = examples.map((_, i) => i).sort((a, b) => examples[a].ids.length - examples[b].ids.length);
  let indices: number[] = [];
  let tokens = 0;
  for (const index of order) {
    const more = examples[index].ids.length;
    if (indices.length > 0 && (indices.length >= maxExamples || tokens + more > maxTokens)) {
      yield { batch: makeBatch(indices.map((i) => examples[i])), indices };
      indices = [];
      tokens = 0;
    }
    indices.push(index);
    tokens += more;
  }
  if (indices.length > 0) yield { batch: makeBatch(indices.map((i) => examples[i])), indices };
}
