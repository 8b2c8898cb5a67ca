import type { Entry, ModelConfig, TokenBatch } from '../contract.js';
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
export function checkPositions({ ids }: TokenBatch, positions: Int32Array): void {
  checkAll('position', positions, ids.length, 'Give indices into the ids of the batch');
}

/** Refuses starts that do not cut the ids into sequences, each with at least one token and within the context. */
function checkStarts(config: ModelConfig, { ids, starts }: Pick<TokenBatch, 'ids' | 'starts'>): void {
  if (starts.length < 2 || starts[0] !== 0 || starts.at(-1) !== ids.length)
    throw errors.make('bad-batch', {
      what: `sequences start at ${starts[0] ?? 'nothing'} and end at ${starts.at(-1) ?? 'nothing'}, of ${ids.length} ids`,
      cure: 'Let starts begin with 0, end with the number of ids, and hold at least one sequence',
    });
  for (let s = 1; s < starts.length; s++) {
    if (starts[s] <= starts[s - 1])
      throw errors.make('bad-batch', {
        what: `sequence ${s - 1} starts at ${starts[s - 1]} and ends before ${starts[s]}`,
        cure: 'Let starts ascend, and give every sequence at least one token',
      });
    checkLength(config, starts[s] - starts[s - 1]);
  }
}

/** Refuses a loss position whose next token would belong to another sequence. */
function checkNext({ starts, lossPositions }: TokenBatch): void {
  const ends = new Set(starts);
  const last = lossPositions.find((position) => ends.has(position + 1));
  if (last !== undefined)
    throw errors.make('bad-batch', {
      what: `position ${last} carries loss and is the last of its sequence`,
      cure: 'Give positions that a token of the same sequence follows',
    });
}

/**
 * Refuses sequences that the engine would read wrongly, some of them without an error.
 *
 * @throws `bad-batch`, `context-exceeded`
 */
export function checkTokens(config: ModelConfig, batch: Pick<TokenBatch, 'ids' | 'starts'>): void {
  checkStarts(config, batch);
  checkIds(config, batch.ids);
}

/** Refuses a number of layers that the model does not have. */
export function checkLayers({ layers }: ModelConfig, count: number): void {
  if (!Number.isInteger(count) || count < 0 || count > layers)
    throw errors.make('bad-batch', {
      what: `hidden states after ${count} of ${layers} layers`,
      cure: `Give a whole number from 0 to ${layers}`,
    });
}

/** Refuses hidden states of another batch, and such as have passed a layer that is changed. */
export function checkEntry(
  config: ModelConfig,
  { ids }: TokenBatch,
  entry: Entry | undefined,
  unchanged: number,
): void {
  if (!entry) return;
  const { layer, hidden } = entry;
  checkLayers(config, layer);
  if (layer > unchanged)
    throw errors.make('bad-batch', {
      what: `hidden states after ${layer} layers were given, of which ${unchanged} are as the model was loaded`,
      cure: 'Enter below the first layer that is changed',
    });
  const [rows, width] = hidden.shape;
  if (hidden.dtype !== 'f32' || hidden.shape.length !== 2 || rows !== ids.length || width !== config.hidden)
    throw errors.make('bad-batch', {
      what: `hidden states are [${hidden.shape}] ${hidden.dtype}, not [${ids.length}, ${config.hidden}] f32`,
      cure: 'Give the hidden states of the same tokens',
    });
}

/**
 * Refuses a batch that the engine would read wrongly, some of it without an error.
 *
 * @throws `bad-batch`, `context-exceeded`
 */
export function checkBatch(config: ModelConfig, batch: TokenBatch): void {
  const { lossPositions, labels } = batch;
  if (lossPositions.length !== labels.length)
    throw errors.make('bad-batch', {
      what: `${lossPositions.length} loss positions have ${labels.length} labels`,
      cure: 'Give one label per loss position',
    });
  checkTokens(config, batch);
  checkPositions(batch, lossPositions);
  checkNext(batch);
  checkAll('label', labels, config.vocabulary, 'Encode the text with the tokenizer of this model');
}
