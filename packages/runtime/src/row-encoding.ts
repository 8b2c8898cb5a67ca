import { alpacaPrompt } from '@perfit/datasets';
import type { Checkpoint } from '@perfit/models';
import type { RowEncoding } from './client-data.js';

/** How rows become tokens for a model: the contract's prompt, the model's own tokenizer and EOS, its context at most. */
export function rowEncoding(checkpoint: Checkpoint, maxTokens = Number.POSITIVE_INFINITY): RowEncoding {
  const { tokenizer, config } = checkpoint;
  return {
    prompt: alpacaPrompt(),
    encode: tokenizer.encode,
    eosId: tokenizer.eosId,
    maxTokens: Math.min(maxTokens, config.context),
  };
}
