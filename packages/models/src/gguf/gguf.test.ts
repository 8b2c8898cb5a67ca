import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { inverseFrequencies } from '../config/frequencies.js';
import { parseGgufConfig } from './config.js';
import { huggingFaceName } from './names.js';
import { quantisationOf, quantisations } from './quantisations.js';
import { unpermute } from './unpermute.js';

const code = (code: string) => expect.objectContaining({ code: `models/${code}` });

describe('quantisations', () => {
  const golden: Record<string, { bytes: string; first: number[]; sha256: string }> = JSON.parse(
    readFileSync(join(__dirname, '../goldens/quantisations.json'), 'utf8'),
  );

  test.each(Object.entries(golden))('%s, bit for bit as gguf-py', (name, { bytes, first, sha256 }) => {
    const values = quantisations.find((known) => known.name === name)!.dequantise(Buffer.from(bytes, 'hex'));
    first.forEach((value, i) => {
      expect(values[i]).toBe(Math.fround(value));
    });
    expect(createHash('sha256').update(new Uint8Array(values.buffer)).digest('hex')).toBe(sha256);
  });

  test('have names, codes and blocks of their own', () => {
    expect(new Set(quantisations.map(({ name }) => name)).size).toBe(quantisations.length);
    for (const known of quantisations) {
      expect(quantisationOf('t', known.code)).toBe(known);
      expect(known.dequantise(new Uint8Array(2 * known.blockBytes))).toHaveLength(2 * known.blockSize);
      expect(known.dequantise(new Uint8Array(0))).toHaveLength(0);
      if (known.blockSize > 1)
        expect(() => known.dequantise(new Uint8Array(known.blockBytes + 1))).toThrow(code('gguf-malformed'));
    }
    expect(() => quantisationOf('t', 999)).toThrow(code('unsupported-quantisation'));
  });
});

test('unpermute undoes what the converter does', () => {
  /** llama.cpp's `LlamaModel.permute`: rows [head, half, i] are written as [head, i, half]. */
  const permute = (rows: Float32Array, heads: number, width: number) => {
    const size = rows.length / width / heads;
    const written = new Float32Array(rows.length);
    for (let head = 0; head < heads; head++)
      for (let half = 0; half < 2; half++)
        for (let i = 0; i < size / 2; i++)
          for (let column = 0; column < width; column++)
            written[(head * size + 2 * i + half) * width + column] =
              rows[(head * size + half * (size / 2) + i) * width + column];
    return written;
  };
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 3 }),
      (heads, half, width) => {
        const rows = Float32Array.from({ length: heads * 2 * half * width }, (_, i) => i);
        expect(unpermute(permute(rows, heads, width), heads, width)).toEqual(rows);
      },
    ),
  );
});

test('names', () => {
  expect(huggingFaceName('blk.12.ffn_gate.weight')).toBe('model.layers.12.mlp.gate_proj.weight');
  expect(huggingFaceName('blk.0.attn_q.bias')).toBe('model.layers.0.self_attn.q_proj.bias');
  expect(huggingFaceName('output.weight')).toBe('lm_head.weight');
  expect(huggingFaceName('blk.0.attn_q_norm.weight')).toBe('blk.0.attn_q_norm.weight');
});

describe('configuration', () => {
  const metadata = {
    'general.architecture': 'llama',
    'llama.block_count': 2,
    'llama.context_length': 131072n,
    'llama.embedding_length': 256,
    'llama.feed_forward_length': 512,
    'llama.attention.head_count': 4,
    'llama.attention.head_count_kv': 2,
    'llama.attention.layer_norm_rms_epsilon': 1e-5,
    'llama.rope.freq_base': 500000,
  };
  const tensors = { vocabulary: 100, tiedHead: true, ropeDivisors: undefined };

  test('reads sizes, 64-bit ones too', () => {
    expect(parseGgufConfig(metadata, tensors)).toEqual({
      family: 'llama',
      vocabulary: 100,
      hidden: 256,
      intermediate: 512,
      layers: 2,
      heads: 4,
      keyValueHeads: 2,
      headSize: 64,
      context: 131072,
      normEpsilon: 1e-5,
      rope: { theta: 500000, scaling: { type: 'default' } },
      tiedHead: true,
    });
  });

  test('knows the divisors of Llama 3 again', () => {
    const scaling = {
      type: 'llama3',
      factor: 32,
      lowFrequencyFactor: 1,
      highFrequencyFactor: 4,
      originalContext: 8192,
    } as const;
    const plain = inverseFrequencies({ theta: 500000, scaling: { type: 'default' } }, 64);
    const scaled = inverseFrequencies({ theta: 500000, scaling }, 64);
    const ropeDivisors = Float32Array.from(plain, (frequency, i) => frequency / scaled[i]);
    expect(parseGgufConfig(metadata, { ...tensors, ropeDivisors }).rope.scaling).toEqual(scaling);
    expect(() => parseGgufConfig(metadata, { ...tensors, ropeDivisors: ropeDivisors.fill(3, 4, 9) })).toThrow(
      code('unsupported-rope'),
    );
  });

  test.each([
    ['unsupported-model', { 'general.architecture': 'qwen2' }],
    ['unsupported-model', { 'llama.expert_count': 8 }],
    ['unsupported-rope', { 'llama.rope.scaling.type': 'yarn', 'llama.rope.scaling.factor': 4 }],
    ['unsupported-rope', { 'llama.rope.scaling.type': 'linear' }],
    ['unsupported-rope', { 'llama.rope.dimension_count': 32 }],
    ['bad-config', { 'llama.block_count': undefined }],
    ['bad-config', { 'llama.attention.head_count_kv': 3 }],
    ['bad-config', { 'llama.attention.key_length': 7 }],
  ])('refuses with %s: %j', (expected, change) => {
    expect(() => parseGgufConfig({ ...metadata, ...change }, tensors)).toThrow(code(expected));
  });
});
