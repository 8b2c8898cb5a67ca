import { z } from 'zod';
import type { Tokenizer } from '../contract.js';
import { errors } from '../errors.js';
import { buildTokenizer } from './build.js';
import { chatWith } from './chat.js';
import { preTokenization } from './pre-tokenizers.js';

/** ggml's token types that are matched as a whole: control tokens, and those that a user defined. */
const CONTROL = 3;
const USER_DEFINED = 4;

const id = z.number().int().nonnegative().optional();

const metadataSchema = z.looseObject({
  'tokenizer.ggml.pre': z.string().default('gpt-2'),
  'tokenizer.ggml.tokens': z.array(z.string()),
  'tokenizer.ggml.token_type': z.array(z.number()).default([]),
  'tokenizer.ggml.merges': z.array(z.string()),
  'tokenizer.ggml.bos_token_id': id,
  'tokenizer.ggml.eos_token_id': id,
  'tokenizer.ggml.unknown_token_id': id,
  'tokenizer.ggml.padding_token_id': id,
  'tokenizer.chat_template': z.string().optional(),
});

type Metadata = z.output<typeof metadataSchema>;

/** A `tokenizer.json` of what a GGUF file holds. */
function tokenizerFile(raw: Metadata): Readonly<Record<string, unknown>> {
  const tokens = raw['tokenizer.ggml.tokens'];
  const types = raw['tokenizer.ggml.token_type'];
  const { normalizer, pre_tokenizer, ignoreMerges } = preTokenization(raw['tokenizer.ggml.pre']);
  return {
    added_tokens: tokens.flatMap((content, id) => {
      const special = types[id] === CONTROL;
      if (!special && types[id] !== USER_DEFINED) return [];
      return [{ id, content, special, single_word: false, lstrip: false, rstrip: false, normalized: false }];
    }),
    normalizer,
    pre_tokenizer,
    post_processor: null,
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges: raw['tokenizer.ggml.merges'],
      ignore_merges: ignoreMerges,
      unk_token: null,
    },
  };
}

function specialTokens(raw: Metadata): Record<string, string> {
  const ids = { bos_token: 'bos', eos_token: 'eos', unk_token: 'unknown', pad_token: 'padding' } as const;
  return Object.fromEntries(
    Object.entries(ids).flatMap(([name, key]) => {
      const token = raw['tokenizer.ggml.tokens'][raw[`tokenizer.ggml.${key}_token_id`] ?? -1];
      return token === undefined ? [] : [[name, token]];
    }),
  );
}

/**
 * The tokenizer inside a GGUF file: byte-level BPE (`tokenizer.ggml.model` gpt2), cut as `tokenizer.ggml.pre` says.
 *
 * @throws `unsupported-tokenizer`, `bad-tokenizer`, `no-end-token`
 */
export function ggufTokenizer(metadata: Readonly<Record<string, unknown>>): Tokenizer {
  const model = metadata['tokenizer.ggml.model'];
  if (model !== 'gpt2')
    throw errors.make('unsupported-tokenizer', {
      what: `the GGUF file says tokenizer.ggml.model "${model}"`,
      cure: 'Take a file with a byte-level BPE (gpt2), or the Hugging Face directory of the model',
    });
  const parsed = metadataSchema.safeParse(metadata);
  if (!parsed.success)
    throw errors.make('bad-tokenizer', {
      what: 'the tokenizer of the GGUF file lacks a part',
      cure: 'Convert the model again',
      cause: parsed.error,
    });
  const special = specialTokens(parsed.data);
  return buildTokenizer({
    tokenizer: tokenizerFile(parsed.data),
    endToken: special.eos_token,
    chat: chatWith(parsed.data['tokenizer.chat_template'], special),
  });
}
