import type { Batch } from '@perfit/datasets';
import { makeBatch } from '@perfit/datasets';
import { createLayout, fullArchitecture, type Layout, type Site } from '@perfit/lora';
import { frozenProjector, initialWeights, loadBackbone, type ModelConfig, sitesOf } from '@perfit/models';
import { createEngine, type Engine } from '@perfit/tensorflow';
import { countingEngine, describeNative } from '@perfit/tensorflow/testing';
import { adamwDefaults } from '../adamw.js';
import { plainUpdate } from '../plain.js';
import { createTrainer } from '../trainer.js';
import { savedBytes, weightBytes } from './sizes.js';
import {
  decodingMemory,
  evaluationMemory,
  type PassMemory,
  type TrainingSize,
  trainingMemory,
} from './training-memory.js';

const config: ModelConfig = {
  family: 'llama',
  vocabulary: 300,
  hidden: 48,
  intermediate: 112,
  layers: 4,
  heads: 6,
  keyValueHeads: 2,
  headSize: 8,
  context: 512,
  normEpsilon: 1e-5,
  rope: { theta: 1e4, scaling: { type: 'default' } },
  tiedHead: true,
};

describe('by hand', () => {
  test('weights: matrices padded to whole panels, norms in f32', () => {
    // qkv 80 × 48, o 48 × 48, gate and up 112 × 48, down 48 × 112, embedding 300 → 304 rows × 48
    const layer = 80 * 48 + 48 * 48 + 3 * 112 * 48;
    const norms = 9 * 48 * 4;
    const size = { config, panel: 16 } as const;
    expect(weightBytes({ ...size, dtype: 'f32' })).toBe(4 * (304 * 48 + 4 * layer) + norms);
    expect(weightBytes({ ...size, dtype: 'bf16' })).toBe(2 * (304 * 48 + 4 * layer) + norms);
    expect(weightBytes({ config: { ...config, tiedHead: false }, panel: 1, dtype: 'f32' })).toBe(
      4 * (2 * 300 * 48 + 4 * layer) + norms,
    );
  });

  test('a layer keeps two norm inputs, q, k, v, z, gate, up and a number a head', () => {
    expect(savedBytes({ config, dtype: 'f32' })).toEqual({
      attention: 48 * 4 + 4 + 4 * (80 + 48) + 6 * 4,
      feedForward: 48 * 4 + 4 + 4 * 2 * 112,
    });
    expect(savedBytes({ config, dtype: 'bf16' })).toEqual({
      attention: 48 * 4 + 4 + 2 * (80 + 48) + 6 * 4,
      feedForward: 48 * 4 + 4 + 2 * 2 * 112,
    });
  });
});

const ALL = sitesOf(config);
const onAll = (sites: readonly Site[]) => sites;
const onUpper = (sites: readonly Site[]) => sites.filter(({ layer }) => layer >= 2);
const onAttention = (sites: readonly Site[]) => sites.filter(({ name }) => /[qkvo]_proj$/.test(name));
const onDown = (sites: readonly Site[]) => sites.filter(({ name }) => name.endsWith('down_proj'));

/** Rows of `length` tokens, the second half of which carries loss. */
function rowsOf(rows: number, length: number, { vocabulary }: ModelConfig): Batch {
  const ids = Int32Array.from({ length }, (_, i) => (i * 7) % vocabulary);
  return makeBatch(Array.from({ length: rows }, () => ({ ids, promptLength: length / 2 })));
}

/** Most bytes alive in the second and third of three steps. */
async function peakOf(inner: Engine, size: Omit<TrainingSize, 'tokens' | 'lossTokens' | 'longest'>, batch: Batch) {
  const { engine, peak, reset } = countingEngine(inner, size.panel);
  let state = 1;
  const random = () => {
    state = (Math.imul(state, 48271) >>> 0) % 2147483647;
    return state / 2147483647;
  };
  const weights = initialWeights(size.config, random);
  const backbone = await loadBackbone(engine, { config: size.config, weights }, { dtype: size.dtype });
  const { layout } = size;
  const trainer = createTrainer({ engine, backbone, layout, scale: 1, checkpointing: size.checkpointing ?? false });
  const values = Float32Array.from({ length: layout.size }, () => 0.01 * random());
  const session = trainer.open({
    state: { values, architecture: fullArchitecture(layout.size) },
    localUpdate: plainUpdate(),
    optimizer: { ...adamwDefaults, clip: size.clip ? 1 : 0 },
  });
  if (size.statistics) session.gather(size.statistics === 'fisher' ? ['gradient', 'fisher'] : ['gradient']);
  session.step(batch, 1e-4);
  reset();
  session.step(batch, 1e-4);
  session.step(batch, 1e-4);
  const training = peak();
  session.dispose();
  reset();
  const held = trainer.open({
    state: { values, architecture: fullArchitecture(layout.size) },
    localUpdate: plainUpdate(),
    optimizer: adamwDefaults,
  });
  held.write(values);
  held.losses(batch);
  const evaluation = peak();
  held.dispose();
  trainer.dispose();
  backbone.dispose();
  return { training, evaluation };
}

describeNative('against the bytes that an engine holds at the peak of a step', () => {
  let inner: Engine;
  beforeAll(async () => {
    inner = await createEngine({ prefer: 'native', threads: 2 });
  });
  afterEach(() => expect(inner.live()).toBe(0));

  const base: Omit<TrainingSize, 'layout' | 'tokens' | 'lossTokens' | 'longest'> = { config, dtype: 'f32', panel: 16 };
  const wide = { ...config, vocabulary: 12_000 };
  const cases: readonly (readonly [
    string,
    Partial<TrainingSize>,
    (sites: readonly Site[]) => readonly Site[],
    number,
    readonly [number, number],
    PassMemory['moment'],
  ])[] = [
    ['every site', {}, onAll, 4, [8, 64], 'feed-forward'],
    ['upper half', {}, onUpper, 4, [8, 64], 'feed-forward'],
    ['attention only', {}, onAttention, 4, [8, 64], 'logits'],
    ['down only', {}, onDown, 4, [8, 64], 'feed-forward'],
    ['bf16', { dtype: 'bf16' }, onAll, 4, [8, 64], 'feed-forward'],
    ['bf16, upper half', { dtype: 'bf16' }, onUpper, 4, [8, 64], 'feed-forward'],
    ['bf16, attention only', { dtype: 'bf16' }, onAttention, 4, [8, 64], 'logits'],
    ['gathering gradients', { statistics: 'gradient' }, onAll, 8, [4, 32], 'feed-forward'],
    ['gathering squares', { statistics: 'fisher' }, onAll, 4, [8, 64], 'feed-forward'],
    [
      'gathering squares, upper half, bf16',
      { statistics: 'fisher', dtype: 'bf16' },
      onUpper,
      4,
      [8, 64],
      'feed-forward',
    ],
    ['checkpointing', { checkpointing: true }, onAll, 4, [8, 64], 'feed-forward'],
    ['checkpointing, upper half, bf16', { checkpointing: true, dtype: 'bf16' }, onUpper, 4, [8, 64], 'feed-forward'],
    ['checkpointing, attention only', { checkpointing: true }, onAttention, 4, [8, 64], 'feed-forward'],
    [
      'checkpointing, gathering squares',
      { checkpointing: true, statistics: 'fisher' },
      onAll,
      4,
      [8, 64],
      'feed-forward',
    ],
    ['a wide vocabulary: the logits', { config: wide }, onUpper, 2, [16, 128], 'logits'],
    ['a wide vocabulary, bf16', { config: wide, dtype: 'bf16' }, onUpper, 2, [16, 128], 'logits'],
    ['an adapter larger than the batch: the optimiser', { clip: true }, onAll, 40, [1, 8], 'optimiser'],
    ['the same without clipping', {}, onAll, 40, [1, 8], 'optimiser'],
    ['the same, gathering squares', { statistics: 'fisher', clip: true }, onAll, 40, [1, 8], 'optimiser'],
  ];

  test.each(cases)('%s', async (_name, options, choose, rank, [rows, length], at) => {
    const given = { ...base, ...options };
    const layout: Layout = createLayout(choose(sitesOf(given.config)), rank);
    const size = { ...given, layout, tokens: rows * length, lossTokens: (rows * length) / 2, longest: length };
    const { training, evaluation } = await peakOf(inner, size, rowsOf(rows, length, size.config));
    const ratios = {
      training: trainingMemory(size).tensors / training,
      evaluation: evaluationMemory({ ...size, vectors: 5 }).tensors / evaluation,
    };
    for (const ratio of Object.values(ratios)) {
      expect(ratio).toBeGreaterThan(0.98);
      expect(ratio).toBeLessThan(1.02);
    }
    expect(trainingMemory(size).moment).toBe(at);
  });

  test.each(['f32', 'bf16'] as const)('decoding in %s', async (dtype) => {
    const { engine, peak, reset } = countingEngine(inner, 16);
    const weights = initialWeights(config, () => 0.5);
    const backbone = await loadBackbone(engine, { config, weights }, { dtype });
    const decoding = backbone.decode(frozenProjector(engine));
    decoding.feed(Array.from({ length: 256 }, () => 1));
    decoding.feed([2]);
    const short = peak() - weightBytes({ config, dtype, panel: 16 });
    decoding.feed(Array.from({ length: 240 }, () => 1));
    reset();
    decoding.feed([3]);
    const size = { config, dtype, panel: 16, longest: 500, layout: createLayout(ALL, 1), vectors: 0 };
    const cache = decodingMemory({ ...size, tokens: 498 }).parts.saved;
    // Keys and values of 498 tokens, twice, beside what one token needs.
    expect(peak() - weightBytes({ config, dtype, panel: 16 })).toBeGreaterThan(0.95 * cache);
    const prompt = (decodingMemory({ ...size, tokens: 256 }).tensors - weightBytes(size)) / short;
    expect(prompt).toBeGreaterThan(0.95);
    expect(prompt).toBeLessThan(1.05);
    decoding.dispose();
    backbone.dispose();
  });
});
