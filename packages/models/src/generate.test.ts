import type { Backbone, ModelConfig, Tokenizer } from './contract.js';
import { frozenProjector } from './frozen-projector.js';
import { type GenerateOptions, generate } from './generate.js';

const code = (code: string) => expect.objectContaining({ code: `models/${code}` });

/** Bytes are tokens; 0 ends. */
const tokenizer: Tokenizer = {
  encode: (text) => [...Buffer.from(text)],
  decode: (ids) => Buffer.from(ids).toString('utf8'),
  eosId: 0,
  chat: () => '',
};

/** Says what it is told to say: the logits of the n-th step peak at the n-th byte. */
function saying(bytes: readonly number[], context = 64) {
  const fed: (readonly number[])[] = [];
  let disposed = 0;
  const backbone = {
    config: { context } as ModelConfig,
    decode: () => ({
      feed: (ids: readonly number[]) => {
        fed.push(ids);
        const logits = new Float32Array(256);
        logits[bytes[fed.length - 1] ?? 0] = 5;
        logits[1] = 4;
        return logits;
      },
      dispose: () => {
        disposed++;
      },
    }),
  } as unknown as Backbone;
  return { backbone, fed, disposed: () => disposed };
}

const projector = frozenProjector({} as never);
const options = (backbone: Backbone, more: Partial<GenerateOptions> = {}): GenerateOptions => ({
  backbone,
  tokenizer,
  projector,
  prompt: 'ab',
  maxNewTokens: 10,
  ...more,
});

test('feeds the prompt once, then token by token, until the end token', () => {
  const { backbone, fed, disposed } = saying([...Buffer.from('xyz'), 0]);
  const tokens = [...generate(options(backbone))];
  expect(tokens.map(({ text }) => text).join('')).toBe('xyz');
  expect(fed).toEqual([[97, 98], [120], [121], [122]]);
  expect(disposed()).toBe(1);
});

test('text appears with its last byte', () => {
  const { backbone } = saying([...Buffer.from('a€b'), 0]);
  expect([...generate(options(backbone))].map(({ text }) => text)).toEqual(['a', '', '', '€', 'b']);
});

test('stops after maxNewTokens, at the end of the context, and when the caller does', () => {
  expect([...generate(options(saying(Array(99).fill(5)).backbone, { maxNewTokens: 3 }))]).toHaveLength(3);
  expect([...generate(options(saying(Array(99).fill(5)).backbone, { maxNewTokens: 0 }))]).toHaveLength(0);
  expect([...generate(options(saying(Array(99).fill(5), 6).backbone))]).toHaveLength(4);
  const { backbone, disposed } = saying(Array(99).fill(5));
  for (const _ of generate(options(backbone))) break;
  expect(disposed()).toBe(1);
});

test('takes ids for a prompt', () => {
  const { backbone, fed } = saying([0]);
  expect([...generate(options(backbone, { prompt: [7, 8, 9] }))]).toEqual([]);
  expect(fed).toEqual([[7, 8, 9]]);
});

describe('drawing', () => {
  const share = (more: Partial<GenerateOptions>) => {
    let state = 1;
    const random = () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 32;
    };
    const { backbone } = saying(Array(4000).fill(2), 5000);
    const ids = [...generate(options(backbone, { maxNewTokens: 4000, temperature: 1, random, ...more }))].map(
      ({ id }) => id,
    );
    const counts = new Map<number, number>();
    for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1 / ids.length);
    return counts;
  };

  test('follows softmax(logits / temperature)', () => {
    // The 254 tokens besides have a logit of 0; one of them ends the text, so take the two that do not.
    const counts = share({ topK: 2 });
    expect(counts.size).toBe(2);
    expect(counts.get(2)).toBeCloseTo(Math.E / (Math.E + 1), 1);
    expect(share({ topK: 2, temperature: 0.1 }).get(2)).toBeGreaterThan(0.99);
  });

  test('among the fewest likeliest that have the probability topP, one at least', () => {
    // e against 1 of the two likeliest: 0.73 of their probability is the first's.
    expect([...share({ topK: 2, topP: 0.7 }).keys()]).toEqual([2]);
    expect(share({ topK: 2, topP: 0.75 }).size).toBe(2);
    expect([...share({ topP: 1e-9 }).keys()]).toEqual([2]);
  });

  test('of the single likeliest is greedy', () => expect([...share({ topK: 1 }).keys()]).toEqual([2]));
});

test('refuses what cannot be drawn, and prompts without room', () => {
  const { backbone } = saying([5], 4);
  for (const bad of [
    { temperature: 1 },
    { temperature: -1, random: () => 0 },
    { temperature: 1, topK: 0, random: () => 0 },
    { temperature: 1, topP: 0, random: () => 0 },
    { temperature: 1, topP: 1.5, random: () => 0 },
  ])
    expect(() => [...generate(options(backbone, bad))]).toThrow(code('bad-sampling'));
  expect(() => [...generate(options(backbone, { prompt: 'abcd' }))]).toThrow(code('context-exceeded'));
});
