import { alpacaPrompt } from '@perfit/datasets';
import type { Checkpoint } from '@perfit/models';
import type { RowEncoding } from './client-data.js';

/** How rows become tokens for a model: the contract's prompt, the model's own tokenizer and EOS; its context cuts what does not fit. */
export function rowEncoding({ tokenizer, config }: Checkpoint, maxTokens?: number): RowEncoding {
  return {
    prompt: alpacaPrompt(),
    encode: tokenizer.encode,
    eosId: tokenizer.eosId,
    maxTokens,
    context: config.context,
  };
}
