import type { Backbone, Projector, Tokenizer } from './contract.js';
import { errors } from './errors.js';
import { type SamplingOptions, tokenSampler } from './sample-token.js';

/** What text is generated from, and how. */
export interface GenerateOptions extends SamplingOptions {
  readonly backbone: Backbone;
  readonly tokenizer: Tokenizer;
  readonly projector: Projector;
  /** Text, encoded without special tokens; or ids. */
  readonly prompt: string | readonly number[];
  readonly maxNewTokens: number;
}

/** One generated token, and the text that it completes: '' while a character is still open. */
export interface GeneratedToken {
  readonly id: number;
  readonly text: string;
}

/** The text of tokens as it becomes certain: what ends in a broken character waits for the next token. */
function textStream(tokenizer: Tokenizer): (id: number) => string {
  const ids: number[] = [];
  let told = '';
  return (id) => {
    ids.push(id);
    const text = tokenizer.decode(ids);
    if (text.endsWith('\uFFFD')) return '';
    const fresh = text.slice(told.length);
    told = text;
    return fresh;
  };
}

/**
 * Continues a prompt token by token, with a key-value cache; ends at the tokenizer's end token (not yielded), after
 * `maxNewTokens`, or where the model's context is full.
 *
 * @throws `context-exceeded` for a prompt that fills the context, `bad-batch` for an empty one, `bad-sampling`
 * @example
 * for (const { text } of generate({ backbone, tokenizer, projector, prompt: 'The capital of France is', maxNewTokens: 15 }))
 *   process.stdout.write(text);
 */
export function* generate(options: GenerateOptions): Generator<GeneratedToken, void, undefined> {
  const { backbone, tokenizer, projector, prompt, maxNewTokens } = options;
  const pick = tokenSampler(options);
  const textOf = textStream(tokenizer);
  let next: readonly number[] = typeof prompt === 'string' ? tokenizer.encode(prompt) : prompt;
  const room = Math.min(maxNewTokens, backbone.config.context - next.length);
  if (room < 1 && maxNewTokens >= 1)
    throw errors.make('context-exceeded', {
      what: `a prompt of ${next.length} tokens leaves no room in the context of ${backbone.config.context}`,
      cure: 'Shorten the prompt',
    });
  const decoding = backbone.decode(projector);
  try {
    for (let count = 0; count < room; count++) {
      const id = pick(decoding.feed(next));
      if (id === tokenizer.eosId) return;
      yield { id, text: textOf(id) };
      next = [id];
    }
  } finally {
    decoding.dispose();
  }
}
