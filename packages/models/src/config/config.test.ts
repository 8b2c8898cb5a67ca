import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import type { ModelConfig } from '../contract.js';
import { inverseFrequencies } from './frequencies.js';
import { parseHuggingFaceConfig, toHuggingFaceConfig } from './hugging-face.js';
import { parseRope } from './rope.js';

const read = (name: string) => JSON.parse(readFileSync(join(__dirname, '../goldens', name), 'utf8'));
const base = {
  model_type: 'llama',
  vocab_size: 100,
  hidden_size: 32,
  intermediate_size: 64,
  num_hidden_layers: 2,
  num_attention_heads: 4,
};

describe('parseHuggingFaceConfig', () => {
  test('fills in what transformers leaves out', () => {
    expect(parseHuggingFaceConfig(base)).toEqual({
      family: 'llama',
      vocabulary: 100,
      hidden: 32,
      intermediate: 64,
      layers: 2,
      heads: 4,
      keyValueHeads: 4,
      headSize: 8,
      context: 2048,
      normEpsilon: 1e-6,
      rope: { theta: 10_000, scaling: { type: 'default' } },
      tiedHead: false,
    });
  });

  test('reads the keys of transformers 4 and 5', () => {
    expect(parseHuggingFaceConfig(read('untied/config.json')).rope).toEqual({
      theta: 20_000,
      scaling: { type: 'linear', factor: 2 },
    });
    const tied = parseHuggingFaceConfig(read('tied/config.json'));
    expect(tied).toMatchObject({ headSize: 16, keyValueHeads: 2, tiedHead: true });
    expect(tied.rope.scaling).toEqual({
      type: 'llama3',
      factor: 8,
      lowFrequencyFactor: 1,
      highFrequencyFactor: 4,
      originalContext: 64,
    });
  });

  test('takes Mistral without a window only', () => {
    const mistral = { ...base, model_type: 'mistral', max_position_embeddings: 8192 };
    expect(parseHuggingFaceConfig({ ...mistral, sliding_window: null }).heads).toBe(4);
    expect(parseHuggingFaceConfig({ ...mistral, sliding_window: 8192 }).heads).toBe(4);
    for (const refused of [mistral, { ...mistral, sliding_window: 4096 }])
      expect(() => parseHuggingFaceConfig(refused)).toThrow(
        expect.objectContaining({ code: 'models/unsupported-model' }),
      );
  });

  test.each([
    ['unsupported-model', { model_type: 'qwen2' }],
    ['unsupported-model', { hidden_act: 'gelu' }],
    ['biased-projection', { attention_bias: true }],
    ['biased-projection', { mlp_bias: true }],
    ['unsupported-rope', { rope_scaling: { rope_type: 'yarn', factor: 4 } }],
    ['bad-config', { rope_scaling: { type: 'linear' } }],
    ['bad-config', { rope_parameters: { rope_type: 'llama3', factor: 8 } }],
    ['bad-config', { num_key_value_heads: 3 }],
    ['bad-config', { head_dim: 7 }],
    ['bad-config', { vocab_size: 0 }],
    ['bad-config', { hidden_size: 'wide' }],
  ])('refuses with %s: %j', (code, change) => {
    expect(() => parseHuggingFaceConfig({ ...base, ...change })).toThrow(
      expect.objectContaining({ code: `models/${code}` }),
    );
  });

  test('refuses what is not an object', () => {
    for (const json of [null, 3, [], {}])
      expect(() => parseHuggingFaceConfig(json)).toThrow(expect.objectContaining({ code: 'models/bad-config' }));
  });

  test('writing and reading give the configuration back', () => {
    const rope = fc.record({
      theta: fc.double({ min: 1, max: 1e6, noNaN: true }),
      scaling: fc.oneof(
        fc.constant({ type: 'default' as const }),
        fc.record({ type: fc.constant('linear' as const), factor: fc.integer({ min: 1, max: 64 }) }),
        fc.record({
          type: fc.constant('llama3' as const),
          factor: fc.integer({ min: 1, max: 64 }),
          lowFrequencyFactor: fc.constant(1),
          highFrequencyFactor: fc.constant(4),
          originalContext: fc.integer({ min: 1, max: 8192 }),
        }),
      ),
    });
    fc.assert(
      fc.property(rope, fc.boolean(), (rope, tiedHead) => {
        const config: ModelConfig = { ...parseHuggingFaceConfig(base), rope, tiedHead };
        expect(parseHuggingFaceConfig(JSON.parse(JSON.stringify(toHuggingFaceConfig(config))))).toEqual(config);
      }),
    );
  });
});

test.each(
  Object.entries(read('rope.json') as Record<string, { rope_parameters: Record<string, unknown>; inv_freq: number[] }>),
)('frequencies of %s equal those of transformers', (_, { rope_parameters, inv_freq }) => {
  const frequencies = inverseFrequencies(parseRope({ rope_parameters }), 64);
  expect(frequencies.length).toBe(32);
  inv_freq.forEach((expected, i) => {
    expect(Math.abs(frequencies[i] - expected)).toBeLessThan(1e-6 * expected);
  });
});
