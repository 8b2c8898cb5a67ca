import { errors } from '../errors.js';

/** The parts of a `tokenizer.json` that a GGUF file names only: by `tokenizer.ggml.pre`. */
export interface PreTokenization {
  readonly normalizer: unknown;
  readonly pre_tokenizer: unknown;
  readonly ignoreMerges: boolean;
}

const byteLevel = (use_regex: boolean) => ({
  type: 'ByteLevel',
  add_prefix_space: false,
  trim_offsets: true,
  use_regex,
});

const splitBefore = (pattern: string) => ({
  type: 'Sequence',
  pretokenizers: [
    { type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false },
    byteLevel(false),
  ],
});

/** Llama 3's and Qwen 2's patterns differ in how many digits stay together. */
const words = (digits: string) =>
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|" +
  `${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`;

const gpt2: PreTokenization = { normalizer: null, pre_tokenizer: byteLevel(true), ignoreMerges: false };

const smollm: PreTokenization = {
  normalizer: null,
  pre_tokenizer: {
    type: 'Sequence',
    pretokenizers: [{ type: 'Digits', individual_digits: true }, byteLevel(true)],
  },
  ignoreMerges: false,
};

const llama3: PreTokenization = {
  normalizer: null,
  pre_tokenizer: splitBefore(words('\\p{N}{1,3}')),
  ignoreMerges: true,
};

const qwen2: PreTokenization = {
  normalizer: { type: 'NFC' },
  pre_tokenizer: splitBefore(words('\\p{N}')),
  ignoreMerges: false,
};

const known: Readonly<Record<string, PreTokenization>> = {
  'gpt-2': gpt2,
  smollm,
  'llama-bpe': llama3,
  llama3,
  qwen2,
};

/**
 * How a GGUF tokenizer cuts text before merging.
 *
 * @throws `unsupported-tokenizer`
 */
export function preTokenization(name: string): PreTokenization {
  if (Object.hasOwn(known, name)) return known[name];
  throw errors.make('unsupported-tokenizer', {
    what: `the GGUF file says tokenizer.ggml.pre "${name}"`,
    cure: `Take a file with one of: ${Object.keys(known).join(', ')}; or the Hugging Face directory of the model`,
  });
}
