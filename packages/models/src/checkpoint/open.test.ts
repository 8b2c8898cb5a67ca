import { createHash } from 'node:crypto';
import { copyFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromFloat32, openTensors, toFloat32, writeTensors } from '@perfit/safetensors';
import { expectedWeights } from './expected-weights.js';
import { initialWeights } from './initial-weights.js';
import { openCheckpoint } from './open.js';
import { writeCheckpoint } from './write.js';

const goldens = join(__dirname, '../goldens');
const code = (code: string) => expect.objectContaining({ code: `models/${code}` });
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'perfit-models-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** A copy of a golden to spoil. */
function copy(name: string): string {
  const path = join(directory, name);
  cpSync(join(goldens, name), path, { recursive: true });
  return path;
}

describe('Hugging Face directories', () => {
  test('one file in F16', async () => {
    const checkpoint = await openCheckpoint(join(goldens, 'tied'));
    expect(checkpoint.weights.names).toEqual([...expectedWeights(checkpoint.config).keys()]);
    expect(checkpoint.weights.shape('model.layers.2.self_attn.k_proj.weight')).toEqual([32, 32]);
    expect(checkpoint.sha256).toBe(sha256(readFileSync(join(goldens, 'tied/model.safetensors'))));
    expect(checkpoint.tokenizer.eosId).toBe(2);
    expect(checkpoint.tokenizer.chat([{ role: 'user', content: 'Hi' }], true)).toBe(
      '<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n',
    );
    checkpoint.weights.close();
  });

  test('shards in BF16', async () => {
    const checkpoint = await openCheckpoint(join(goldens, 'untied'));
    const norm = checkpoint.weights.read('model.norm.weight');
    expect(norm).toHaveLength(32);
    expect(Math.abs(norm.reduce((a, b) => a + b) / 32 - 1)).toBeLessThan(0.2);
    const shards = [1, 2].map((n) => readFileSync(join(goldens, `untied/model-0000${n}-of-00002.safetensors`)));
    expect(checkpoint.sha256).toBe(sha256(Buffer.concat(shards)));
    checkpoint.weights.close();
  });

  test.each(['config.json', 'tokenizer.json', 'tokenizer_config.json', 'model.safetensors'])(
    'a missing %s is named',
    async (name) => {
      const path = copy('tied');
      rmSync(join(path, name));
      await expect(openCheckpoint(path)).rejects.toThrow(code('missing-file'));
      await expect(openCheckpoint(path)).rejects.toThrow(name);
    },
  );

  test('a missing shard, an index without a map, and a file that is not JSON', async () => {
    const path = copy('untied');
    rmSync(join(path, 'model-00002-of-00002.safetensors'));
    await expect(openCheckpoint(path)).rejects.toThrow(code('missing-file'));
    writeFileSync(join(path, 'model.safetensors.index.json'), '{}');
    await expect(openCheckpoint(path)).rejects.toThrow(code('bad-config'));
    writeFileSync(join(path, 'config.json'), '{ not json');
    await expect(openCheckpoint(path)).rejects.toThrow(code('bad-json'));
  });

  test('what is no checkpoint', async () => {
    await expect(openCheckpoint(join(directory, 'nowhere'))).rejects.toThrow(code('missing-file'));
    writeFileSync(join(directory, 'model.bin'), '');
    await expect(openCheckpoint(join(directory, 'model.bin'))).rejects.toThrow(code('not-a-checkpoint'));
  });

  describe('weights that do not fit', () => {
    function rewrite(alter: (tensors: Map<string, [Float32Array, readonly number[]]>) => void): string {
      const path = copy('tied');
      const file = openTensors(join(path, 'model.safetensors'));
      const tensors = new Map(
        file.entries.map(({ name, shape }) => [name, [toFloat32(file.read(name)), shape] as [Float32Array, number[]]]),
      );
      file.close();
      alter(tensors);
      const stored = [...tensors].map(([name, [values, shape]]) => fromFloat32(name, values, shape));
      writeTensors(join(path, 'model.safetensors'), stored);
      return path;
    }
    const bias: [Float32Array, number[]] = [new Float32Array(64), [64]];

    test('missing, misshapen, biased and foreign tensors', async () => {
      const norm = 'model.norm.weight';
      await expect(openCheckpoint(rewrite((t) => t.delete(norm)))).rejects.toThrow(code('missing-tensor'));
      const wrong = rewrite((t) => t.set(norm, [new Float32Array(31), [31]]));
      await expect(openCheckpoint(wrong)).rejects.toThrow(code('wrong-shape'));
      const biased = rewrite((t) => t.set('model.layers.0.self_attn.q_proj.bias', bias));
      await expect(openCheckpoint(biased)).rejects.toThrow(code('biased-projection'));
      const foreign = rewrite((t) => t.set('model.layers.0.self_attn.q_norm.weight', bias));
      await expect(openCheckpoint(foreign)).rejects.toThrow(code('unexpected-tensor'));
    });

    test('a tied head and old buffers are passed over', async () => {
      const path = rewrite((t) => {
        t.set('lm_head.weight', t.get('model.embed_tokens.weight')!);
        t.set('model.layers.0.self_attn.rotary_emb.inv_freq', [new Float32Array(8), [8]]);
      });
      const { weights } = await openCheckpoint(path);
      expect(weights.names).not.toContain('lm_head.weight');
      weights.close();
    });

    test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
      '%p is found when read',
      async (bad) => {
        const path = rewrite((t) => {
          t.get('model.norm.weight')![0][31] = bad;
        });
        const { weights } = await openCheckpoint(path);
        expect(() => weights.read('model.norm.weight')).toThrow(code('not-finite'));
        weights.close();
      },
    );
  });
});

describe('GGUF files', () => {
  const name = 'every-quantisation.gguf';
  const golden = JSON.parse(readFileSync(join(goldens, 'every-quantisation.json'), 'utf8'));

  test('every quantisation, rows in order, bit for bit as gguf-py', async () => {
    const { weights } = await openCheckpoint(join(goldens, name));
    const digests = Object.fromEntries(
      weights.names.map((name) => {
        const { buffer, byteOffset, byteLength } = weights.read(name);
        return [name, sha256(new Uint8Array(buffer, byteOffset, byteLength))];
      }),
    );
    expect(digests).toEqual(golden.sha256);
    weights.close();
  });

  test('configuration, tokenizer and digest', async () => {
    const { config, tokenizer, sha256: digest, weights } = await openCheckpoint(join(goldens, name));
    expect(config).toMatchObject({ hidden: 32, heads: 4, keyValueHeads: 2, headSize: 8, layers: 1, tiedHead: false });
    expect(config.rope).toEqual({ theta: 10_000, scaling: { type: 'linear', factor: 2 } });
    expect(config.normEpsilon).toBeCloseTo(1e-5, 10);
    expect(digest).toBe(sha256(readFileSync(join(goldens, name))));
    expect(tokenizer.eosId).toBe(2);
    expect(tokenizer.encode('the <|im_end|>').at(-1)).toBe(2);
    expect(tokenizer.chat([], true)).toBe('<|im_start|>assistant\n');
    weights.close();
  });

  test('wrong magic, and files cut off anywhere', async () => {
    const bytes = readFileSync(join(goldens, name));
    const path = join(directory, name);
    const withBytes = async (content: Uint8Array) => {
      writeFileSync(path, content);
      return openCheckpoint(path);
    };
    await expect(withBytes(Buffer.concat([Buffer.from('GGML'), bytes.subarray(4)]))).rejects.toThrow(
      code('gguf-magic'),
    );
    await expect(withBytes(Buffer.alloc(0))).rejects.toThrow(code('gguf-magic'));
    for (const size of [4, 8, 20, 100, 3000, bytes.length / 2, bytes.length - 64])
      await expect(withBytes(bytes.subarray(0, size))).rejects.toThrow(code('gguf-truncated'));
    const version = Buffer.from(bytes);
    version[4] = 9;
    await expect(withBytes(version)).rejects.toThrow(code('gguf-malformed'));
  });

  /** The golden with another type of `output.weight`, which is Q4_0. */
  function withHeadAs(type: number): string {
    const bytes = Buffer.from(readFileSync(join(goldens, name)));
    const tensor = Buffer.from('output.weight');
    const dimensions = 2;
    const at = bytes.indexOf(tensor) + tensor.length + 4 + 8 * dimensions;
    expect(bytes.readUInt32LE(at)).toBe(2);
    bytes.writeUInt32LE(type, at);
    writeFileSync(join(directory, name), bytes);
    return join(directory, name);
  }

  test('an unsupported quantisation lists the supported ones', async () => {
    const path = withHeadAs(10);
    await expect(openCheckpoint(path)).rejects.toThrow(code('unsupported-quantisation'));
    await expect(openCheckpoint(path)).rejects.toThrow(
      /Q2_K.*F32, F16, BF16, Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q4_K, Q5_K, Q6_K/,
    );
  });

  test.each([
    ['Q4_K', 12],
    ['Q5_K', 13],
    ['Q6_K', 14],
  ])('rows of 32 are no whole blocks of %s', async (quantisation, type) => {
    const path = withHeadAs(type);
    await expect(openCheckpoint(path)).rejects.toThrow(code('gguf-malformed'));
    await expect(openCheckpoint(path)).rejects.toThrow(new RegExp(`no whole blocks of ${quantisation}`));
  });

  test('the extension decides, not the content', async () => {
    copyFileSync(join(goldens, name), join(directory, 'model.bin'));
    await expect(openCheckpoint(join(directory, 'model.bin'))).rejects.toThrow(code('not-a-checkpoint'));
  });
});

describe('writeCheckpoint', () => {
  let state = 1;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };

  test('what is written is read again, by the same names', async () => {
    const { config, weights: old } = await openCheckpoint(join(goldens, 'tied'));
    old.close();
    const weights = initialWeights(config, random);
    const files = Object.fromEntries(
      ['tokenizer.json', 'tokenizer_config.json'].map((name) => [
        name,
        readFileSync(join(goldens, 'tied', name), 'utf8'),
      ]),
    );
    const path = join(directory, 'new');
    writeCheckpoint(path, config, weights, files);
    const again = await openCheckpoint(path);
    expect(again.config).toEqual(config);
    for (const name of weights.names) expect(again.weights.read(name)).toEqual(weights.read(name));
    again.weights.close();
  });

  test('initial weights have the variance that they should', async () => {
    const { config, weights: old } = await openCheckpoint(join(goldens, 'tied'));
    old.close();
    const weights = initialWeights(config, random);
    const deviation = (name: string) => {
      const values = weights.read(name);
      return Math.sqrt(values.reduce((sum, x) => sum + x * x, 0) / values.length);
    };
    expect(deviation('model.embed_tokens.weight')).toBeCloseTo(0.02, 3);
    expect(deviation('model.layers.1.self_attn.q_proj.weight')).toBeCloseTo(0.02, 2);
    expect(deviation('model.layers.1.mlp.down_proj.weight')).toBeCloseTo(0.02 / Math.sqrt(6), 3);
    expect([...weights.read('model.norm.weight')]).toEqual(Array(32).fill(1));
  });
});

test.each(['tied', 'every-quantisation.gguf'])('%s is closed once, however often it is asked to be', async (name) => {
  const { weights } = await openCheckpoint(join(goldens, name));
  weights.close();
  weights.close();
});
