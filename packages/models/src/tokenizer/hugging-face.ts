import { z } from 'zod';
import type { Tokenizer } from '../contract.js';
import { errors } from '../errors.js';
import { buildTokenizer } from './build.js';
import { chatWith } from './chat.js';

const token = z
  .union([z.string(), z.looseObject({ content: z.string() }).transform(({ content }) => content)])
  .nullish();

const configSchema = z.looseObject({
  bos_token: token,
  eos_token: token,
  unk_token: token,
  pad_token: token,
  chat_template: z.union([z.string(), z.array(z.looseObject({ name: z.string(), template: z.string() }))]).nullish(),
});

type Config = z.output<typeof configSchema>;

function templateOf({ chat_template: template }: Config): string | undefined {
  if (!Array.isArray(template)) return template ?? undefined;
  return template.find(({ name }) => name === 'default')?.template;
}

function specialTokensOf(config: Config): Record<string, string> {
  const names = ['bos_token', 'eos_token', 'unk_token', 'pad_token'] as const;
  return Object.fromEntries(names.flatMap((name) => (config[name] ? [[name, config[name]]] : [])));
}

/** The files that make a tokenizer, parsed. */
export interface HuggingFaceTokenizerFiles {
  /** `tokenizer.json` */
  readonly tokenizer: unknown;
  /** `tokenizer_config.json` */
  readonly config: unknown;
  /** `chat_template.jinja`; goes before the template inside the configuration. */
  readonly chatTemplate?: string | undefined;
}

/**
 * The tokenizer of a Hugging Face directory.
 *
 * @throws `bad-tokenizer`, `no-end-token`
 */
export function huggingFaceTokenizer({ tokenizer, config, chatTemplate }: HuggingFaceTokenizerFiles): Tokenizer {
  const parsed = configSchema.safeParse(config);
  const file = z.looseObject({}).safeParse(tokenizer);
  if (!parsed.success || !file.success)
    throw errors.make('bad-tokenizer', {
      what: `${file.success ? 'tokenizer_config.json' : 'tokenizer.json'} is not what it should be`,
      cure: 'Get the file again',
      cause: parsed.error ?? file.error,
    });
  const specialTokens = specialTokensOf(parsed.data);
  return buildTokenizer({
    tokenizer: file.data,
    endToken: specialTokens.eos_token,
    chat: chatWith(chatTemplate ?? templateOf(parsed.data), specialTokens),
  });
}
