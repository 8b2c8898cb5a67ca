import type { ModelConfig, TokenBatch } from '../contract.js';
import { errors } from '../errors.js';

function checkAll(what: string, values: Int32Array, below: number, cure: string): void {
  const bad = values.find((value) => value < 0 || value >= below);
  if (bad !== undefined) throw errors.make('bad-batch', { what: `${what} ${bad} is not in 0 … ${below - 1}`, cure });
}

/**
 * Refuses ids that the embedding has no row for.
 *
 * @throws `bad-batch`
 */
export function checkIds(config: ModelConfig, ids: Int32Array): void {
  checkAll('token id', ids, config.vocabulary, 'Encode the text with the tokenizer of this model');
}

/**
 * Refuses more tokens than the model was trained to see.
 *
 * @throws `context-exceeded`
 */
export function checkLength(config: ModelConfig, length: number): void {
  if (length > config.context)
    throw errors.make('context-exceeded', {
      what: `${length} tokens are more than the context of ${config.context}`,
      cure: 'Shorten the text, or cut rows with --max-tokens',
    });
}

/** Refuses positions outside a batch. */
export function checkPositions({ rows, length }: TokenBatch, positions: Int32Array): void {
  checkAll('position', positions, rows * length, 'Give flat positions into rows · length');
}

/**
 * Refuses a batch that the engine would read wrongly, some of it without an error.
 *
 * @throws `bad-batch`, `context-exceeded`
 */
export function checkBatch(config: ModelConfig, batch: TokenBatch): void {
  const { rows, length, ids, lossPositions, labels } = batch;
  if (rows < 1 || length < 1 || ids.length !== rows * length)
    throw errors.make('bad-batch', {
      what: `${ids.length} ids do not make ${rows} rows of ${length}`,
      cure: 'Pad every row to the same length, and give at least one token',
    });
  if (lossPositions.length !== labels.length)
    throw errors.make('bad-batch', {
      what: `${lossPositions.length} loss positions have ${labels.length} labels`,
      cure: 'Give one label per loss position',
    });
  checkLength(config, length);
  checkIds(config, ids);
  checkPositions(batch, lossPositions);
  checkAll('label', labels, config.vocabulary, 'Encode the text with the tokenizer of this model');
}
