import type { Random } from '@perfit/strategy';
import type { Backbone, Projector, Tokenizer } from './contract.js';
import { errors } from './errors.js';

/** What text is generated from, and how. */
export interface GenerateOptions {
  readonly backbone: Backbone;
  readonly tokenizer: Tokenizer;
  readonly projector: Projector;
  /** Text, encoded without special tokens; or ids. */
  readonly prompt: string | readonly number[];
  readonly maxNewTokens: number;
  /** 0: the likeliest token each time. Default 0. */
  readonly temperature?: number;
  /** Draw among the `topK` likeliest only. Default: among all. */
  readonly topK?: number;
  /** The stream to draw from; required where the temperature is not 0. */
  readonly random?: Random;
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

function likeliest(logits: Float32Array): number {
  let best = 0;
  for (let id = 1; id < logits.length; id++) if (logits[id] > logits[best]) best = id;
  return best;
}

/** Draws from softmax(logits / temperature) over the `topK` likeliest. */
function draw(logits: Float32Array, temperature: number, topK: number, random: Random): number {
  const ids = Array.from(logits.keys());
  const candidates = topK < ids.length ? ids.sort((a, b) => logits[b] - logits[a] || a - b).slice(0, topK) : ids;
  const most = candidates.reduce((max, id) => Math.max(max, logits[id]), Number.NEGATIVE_INFINITY);
  const weights = candidates.map((id) => Math.exp((logits[id] - most) / temperature));
  let left = random() * weights.reduce((sum, weight) => sum + weight, 0);
  const at = weights.findIndex((weight) => {
    left -= weight;
    return left < 0;
  });
  return candidates[at < 0 ? candidates.length - 1 : at];
}

function pickFor({ temperature = 0, topK, random }: GenerateOptions): (logits: Float32Array) => number {
  if (temperature === 0) return likeliest;
  if (!(temperature > 0) || !random || (topK !== undefined && !(topK >= 1)))
    throw errors.make('bad-sampling', {
      what: `cannot draw with temperature ${temperature}, topK ${topK}${random ? '' : ' and no random stream'}`,
      cure: 'Give a temperature of 0 or more, a topK of 1 or more, and a stream to draw from',
    });
  return (logits) => draw(logits, temperature, topK ?? logits.length, random);
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
  const pick = pickFor(options);
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
