import { Tokenizer as TokenizerFile } from '@huggingface/tokenizers';
import type { Tokenizer } from '../contract.js';
import { errors } from '../errors.js';
import type { Chat } from './chat.js';
import { faithful } from './faithful.js';

/** What a tokenizer is made of. */
export interface TokenizerParts {
  /** `tokenizer.json`. */
  readonly tokenizer: Readonly<Record<string, unknown>>;
  /** The token that ends a text. */
  readonly endToken: string | undefined;
  readonly chat: Chat;
}

/**
 * Makes a tokenizer of its parts. Text that spells a special token becomes that token, as in Python.
 *
 * @throws `bad-tokenizer`, `no-end-token`
 */
export function buildTokenizer({ tokenizer, endToken, chat }: TokenizerParts): Tokenizer {
  const file = construct(tokenizer);
  const eosId = endToken === undefined ? undefined : file.token_to_id(endToken);
  if (eosId === undefined)
    throw errors.make('no-end-token', {
      what: endToken === undefined ? 'the tokenizer names no eos_token' : `"${endToken}" is not in the vocabulary`,
      cure: 'Set eos_token in tokenizer_config.json (eos_token_id in a GGUF file)',
    });
  return {
    encode: (text) => (text === '' ? [] : file.encode(text, { add_special_tokens: false }).ids),
    decode: (ids) =>
      ids.length === 0
        ? ''
        : file.decode([...ids], { skip_special_tokens: false, clean_up_tokenization_spaces: false }),
    eosId,
    chat,
  };
}

function construct(tokenizer: Readonly<Record<string, unknown>>): TokenizerFile {
  try {
    return new TokenizerFile(faithful(tokenizer), {});
  } catch (cause) {
    throw errors.make('bad-tokenizer', {
      what: `the tokenizer cannot be built: ${(cause as Error).message}`,
      cure: 'Get tokenizer.json of the model again',
      cause,
    });
  }
}
