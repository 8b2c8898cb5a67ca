import type { Encode, Example, Prompt, Row } from './contract.js';
import { errors } from './errors.js';

/** What {@link encodeRow} needs of the model and the configuration. */
export interface EncodeOptions {
  readonly prompt: Prompt;
  /** Text → ids, without special tokens. */
  readonly encode: Encode;
  /** The tokenizer's own EOS. */
  readonly eosId: number;
  /** N: at least 2; see {@link truncateExample}. Default: no truncation. */
  readonly maxTokens?: number | undefined;
  /** The model's context: only rows longer than it are cut, as with maxTokens. Default: any length fits. */
  readonly context?: number | undefined;
}

/**
 * Turns a row into tokens: prompt and response are tokenised separately, nothing is added before or between them, the
 * EOS comes last.
 *
 * @throws `datasets/empty-prompt` when the prompt has no token; `datasets/bad-option` for maxTokens < 2.
 */
export function encodeRow(row: Row, { prompt, encode, eosId, maxTokens, context }: EncodeOptions): Example {
  const text = prompt.format(row);
  const before = encode(text.prompt);
  const after = encode(text.response);
  if (before.length === 0)
    throw errors.make('empty-prompt', {
      what: `prompt "${prompt.name}" has no token for the instruction ${JSON.stringify(row.instruction)}`,
      cure: 'Use a prompt that writes something before the response',
    });
  const ids = new Int32Array(before.length + after.length + 1);
  ids.set(before);
  ids.set(after, before.length);
  ids[ids.length - 1] = eosId;
  const whole = { ids, promptLength: before.length };
  const example = maxTokens === undefined ? whole : truncateExample(whole, maxTokens);
  return context !== undefined && example.ids.length > context ? truncateExample(example, context) : example;
}

/**
 * Cuts an example to at most N tokens: the response (EOS counted) to its first ⌊N/2⌋, whatever the prompt's length;
 * then the prompt from the left, to fit.
 *
 * @throws `datasets/bad-option` for N < 2, which leaves no room for both a prompt and a response.
 */
export function truncateExample({ ids, promptLength }: Example, maxTokens: number): Example {
  if (!(Number.isInteger(maxTokens) && maxTokens >= 2))
    throw errors.make('bad-option', { what: `maxTokens is ${maxTokens}`, cure: 'Use a whole number from 2 up' });
  const response = Math.min(ids.length - promptLength, Math.floor(maxTokens / 2));
  const kept = Math.min(promptLength, maxTokens - response);
  return { ids: ids.slice(promptLength - kept, promptLength + response), promptLength: kept };
}
