import { createEngine, type Engine, type Tensor } from '@perfit/tensorflow';
import { inverseFrequencies } from '../config/frequencies.js';
import type { ModelConfig, ProjectionGroup, Projector } from '../contract.js';
import { frozenProjector } from '../frozen-projector.js';
import { type ScopedEngine, scopedEngine } from '../scope.js';
import { attend, attendBackward } from './attention.js';
import { crossEntropy, crossEntropyBackward } from './cross-entropy.js';
import { decoderLayer } from './decoder-layer.js';
import { embed, embedBackward } from './embedding.js';
import { feedForward, feedForwardBackward } from './feed-forward.js';
import type { Pass } from './pass.js';
import { rmsNorm } from './rms-norm.js';
import { rotate, rotateBackward, rotationTables } from './rope.js';
import { selfAttention, selfAttentionBackward } from './self-attention.js';
import { swiglu, swigluBackward } from './swiglu.js';

let engine: Engine;
let e: ScopedEngine;
beforeAll(async () => {
  engine = await createEngine({ prefer: 'native', threads: 2 });
  e = scopedEngine(engine);
});
afterEach(() => expect(engine.live()).toBe(0));

/** Uniform in [−1, 1), the same for the same seed. */
function draw(shape: readonly number[], seed: number): Float32Array {
  let state = seed * 7919 + 1;
  return Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

const uploaded = (shape: readonly number[], seed: number) => e.upload(draw(shape, seed), shape);

/**
 * Compares a backward with central differences of Σ r ∘ y over every element of every input, r fixed and random: the
 * largest error must be small beside the largest gradient of the same input.
 */
function checkBackward<Inputs extends Record<string, readonly number[]>>(
  shapes: Inputs,
  forward: (inputs: { [Name in keyof Inputs]: Tensor }) => Tensor,
  backward: (inputs: { [Name in keyof Inputs]: Tensor }, dy: Tensor) => { [Name in keyof Inputs]: Tensor | undefined },
): void {
  type Named<T> = { [Name in keyof Inputs]: T };
  const names = Object.keys(shapes) as (keyof Inputs & string)[];
  const values = Object.fromEntries(names.map((name, i) => [name, draw(shapes[name], i + 1)])) as Named<Float32Array>;
  const inputs = () =>
    Object.fromEntries(names.map((name) => [name, e.upload(values[name], shapes[name])])) as Named<Tensor>;
  let r: Float32Array | undefined;
  const loss = () =>
    e.tidy(() => {
      const y = forward(inputs());
      r ??= draw(y.shape, 99);
      return (e.download(y) as Float32Array).reduce((sum, value, i) => sum + value * r![i], 0);
    });
  loss();
  const gradients = e.tidy(() => {
    const given = inputs();
    const { shape } = forward(given);
    const result = backward(given, e.upload(r!, shape));
    return Object.fromEntries(names.map((name) => [name, e.download(result[name]!)]));
  });
  const h = 2 ** -7;
  for (const name of names) {
    const gradient = gradients[name];
    const numeric = values[name].map((_, i, array) => {
      const kept = array[i];
      array[i] = kept + h;
      const above = loss();
      array[i] = kept - h;
      const below = loss();
      array[i] = kept;
      return (above - below) / (2 * h);
    });
    const most = Math.max(...numeric.map(Math.abs));
    expect(most).toBeGreaterThan(1e-3);
    const error = Math.max(...numeric.map((value, i) => Math.abs(value - gradient[i])));
    expect(error / most).toBeLessThan(2e-3);
  }
}

describe('backwards agree with finite differences', () => {
  test('RMSNorm, x and weight', () => {
    const shapes = { x: [3, 6], weight: [6] };
    checkBackward(
      shapes,
      ({ x, weight }) => rmsNorm(e, weight, 1e-5, 'f32').forward(x)[0],
      ({ x, weight }, dy) => {
        const norm = rmsNorm(e, weight, 1e-5, 'f32');
        const saved = { x, inverse: norm.forward(x)[1] };
        return { x: norm.backward(saved, dy), weight: norm.weightGradient(saved, dy) };
      },
    );
  });

  test('RoPE', () => {
    const frequencies = inverseFrequencies({ theta: 100, scaling: { type: 'default' } }, 6);
    const tables = () => rotationTables(e, frequencies, { from: 3, length: 4 }, 0.7, 'f32');
    checkBackward(
      { x: [2, 2, 4, 6] },
      ({ x }) => rotate(e, tables(), x),
      (_, dy) => ({ x: rotateBackward(e, tables(), dy) }),
    );
  });

  test('attention, q, k and v, queries grouped by two', () => {
    const mask = () =>
      e.upload(
        Float32Array.from({ length: 18 }, (_, i) => (i % 3 > Math.floor(i / 3) % 3 ? -1e9 : 0)),
        [6, 3],
      );
    checkBackward(
      { q: [1, 2, 6, 4], k: [1, 2, 3, 4], v: [1, 2, 3, 4] },
      (operands) => attend(e, operands, mask()),
      (operands, dz) => {
        const along = e.sum(e.mul(attend(e, operands, mask()), dz), 3, true);
        const { dq, dk, dv } = attendBackward(e, operands, mask(), along, dz);
        return { q: dq, k: dk, v: dv };
      },
    );
  });

  test('SwiGLU, gate and up', () => {
    checkBackward(
      { gate: [2, 8], up: [2, 8] },
      (saved) => swiglu(e, saved),
      (saved, da) => {
        const { dGate, dUp } = swigluBackward(e, saved, da);
        return { gate: dGate, up: dUp };
      },
    );
  });

  test('embedding, a repeated id', () => {
    const ids = () => e.upload(Int32Array.of(2, 0, 2), [3]);
    checkBackward(
      { table: [4, 5] },
      ({ table }) => embed(e, table, ids()),
      (_, dx) => ({ table: embedBackward(e, ids(), dx, 4) }),
    );
  });

  test('cross-entropy, hidden states, last norm and head', () => {
    const targets = (hidden: Tensor) => ({
      hidden,
      positions: e.upload(Int32Array.of(0, 2, 3), [3]),
      labels: e.upload(Int32Array.of(4, 0, 6), [3]),
    });
    const head = (norm: Tensor, weight: Tensor) => ({ norm: rmsNorm(e, norm, 1e-5, 'f32'), weight });
    checkBackward(
      { hidden: [5, 6], norm: [6], weight: [7, 6] },
      ({ hidden, norm, weight }) => crossEntropy(e, head(norm, weight), targets(hidden)),
      ({ hidden, norm, weight }, dLosses) => {
        const share = e.reshape(dLosses, [3, 1]);
        const { dHidden, gradients } = crossEntropyBackward(e, head(norm, weight), targets(hidden), share, true);
        return { hidden: dHidden, norm: gradients!.norm, weight: gradients!.weight };
      },
    );
  });
});

const config: ModelConfig = {
  family: 'llama',
  vocabulary: 10,
  hidden: 6,
  intermediate: 8,
  layers: 1,
  heads: 4,
  keyValueHeads: 2,
  headSize: 4,
  context: 16,
  normEpsilon: 1e-5,
  rope: { theta: 50, scaling: { type: 'default' } },
  tiedHead: true,
};

/** A layer's weights, drawn, in the innermost tidy. */
function makeLayer() {
  const group = (name: string, outs: readonly number[], width: number, seed: number): ProjectionGroup => ({
    sites: outs.map((out, i) => ({ name: `${name}${i}`, layer: 0, in: width, out, flops: 2 * width * out })),
    weight: uploaded([outs.reduce((a, b) => a + b, 0), width], seed),
  });
  const norm = (seed: number) => rmsNorm(e, uploaded([6], seed), 1e-5, 'f32');
  return {
    attention: { norm: norm(11), qkv: group('qkv', [16, 8, 8], 6, 12), output: group('o', [6], 16, 13) },
    feedForward: {
      norm: norm(14),
      gate: group('gate', [8], 6, 15),
      up: group('up', [8], 6, 16),
      down: group('down', [6], 8, 17),
    },
  };
}

/** Two rows of three tokens. */
function makePass(projector: Projector): Pass {
  const frequencies = inverseFrequencies(config.rope, config.headSize);
  const turn = (scale: number) => rotationTables(e, frequencies, { from: 0, length: 3 }, scale, 'f32');
  const mask = Float32Array.from({ length: 18 }, (_, i) => (i % 3 > Math.floor(i / 3) % 3 ? -1e9 : 0));
  return { rows: 2, length: 3, tables: { q: turn(0.5), k: turn(1), mask: e.upload(mask, [6, 3]) }, projector };
}

describe('branches and the layer agree with finite differences', () => {
  test('self-attention', () => {
    checkBackward(
      { x: [6, 6] },
      ({ x }) => selfAttention(e, config, makeLayer().attention, makePass(frozenProjector(engine)), x)[0],
      ({ x }, dy) => {
        const [weights, pass] = [makeLayer().attention, makePass(frozenProjector(engine))];
        const [, saved] = selfAttention(e, config, weights, pass, x);
        return { x: selfAttentionBackward(e, config, weights, pass, x, saved, dy, true) };
      },
    );
  });

  test('feed-forward', () => {
    checkBackward(
      { x: [6, 6] },
      ({ x }) => feedForward(e, makeLayer().feedForward, makePass(frozenProjector(engine)), x)[0],
      ({ x }, dy) => {
        const [weights, pass] = [makeLayer().feedForward, makePass(frozenProjector(engine))];
        const [, saved] = feedForward(e, weights, pass, x);
        return { x: feedForwardBackward(e, weights, pass, x, saved, dy, true) };
      },
    );
  });

  test('decoder layer', () => {
    checkBackward(
      { x: [6, 6] },
      ({ x }) => decoderLayer(e, config, makeLayer(), 'f32').forward(makePass(frozenProjector(engine)), x),
      ({ x }, dy) => {
        const layer = decoderLayer(e, config, makeLayer(), 'f32');
        const pass = makePass(frozenProjector(engine));
        return { x: layer.backward(pass, layer.forwardSaving(pass, x)[1], dy, true) };
      },
    );
  });
});

test('a layer computes the same whether or not it saves, and in steps with a cache', () => {
  e.tidy(() => {
    const layer = decoderLayer(e, { ...config, context: 3 }, makeLayer(), 'f32');
    const projector = frozenProjector(engine);
    const pass = makePass(projector);
    const x = uploaded([6, 6], 3);
    const whole = e.download(layer.forward(pass, x));
    expect(e.download(layer.forwardSaving(pass, e.cast(x, 'f32'))[0])).toEqual(whole);
    const frequencies = inverseFrequencies(config.rope, config.headSize);
    let cache: Parameters<typeof layer.step>[2];
    for (let t = 0; t < 3; t++) {
      const turn = (scale: number) => rotationTables(e, frequencies, { from: t, length: 1 }, scale, 'f32');
      const one = { rows: 1, length: 1, tables: { q: turn(0.5), k: turn(1), mask: undefined }, projector };
      const [y, longer] = layer.step(one, e.slice(x, [t, 0], [1, 6]), cache);
      cache = longer;
      for (const [i, value] of e.download(y).entries()) expect(value).toBeCloseTo(whole[t * 6 + i], 5);
    }
  });
});

describe('extreme values', () => {
  const finite = (x: Tensor) => expect(e.download(x).every(Number.isFinite)).toBe(true);

  test('RMSNorm of zeros, of huge and of tiny rows', () => {
    e.tidy(() => {
      const norm = rmsNorm(e, e.upload(Float32Array.of(1, 1), [2]), 1e-5, 'f32');
      const x = e.upload(Float32Array.of(0, 0, 1e18, -1e18, 1e-20, 1e-20), [3, 2]);
      const [y, inverse] = norm.forward(x);
      expect([...e.download(y)]).toEqual([0, 0, 1, -1, expect.closeTo(0, 10), expect.closeTo(0, 10)]);
      finite(norm.backward({ x, inverse }, e.upload(new Float32Array(6).fill(1), [3, 2])));
    });
  });

  test('SwiGLU saturates without overflow', () => {
    e.tidy(() => {
      const gate = e.upload(Float32Array.of(-1e4, -100, 0, 100, 1e4), [1, 5]);
      const up = e.upload(new Float32Array(5).fill(1), [1, 5]);
      expect([...e.download(swiglu(e, { gate, up }))].map((y) => y + 0)).toEqual([0, expect.closeTo(0), 0, 100, 1e4]);
      const { dGate } = swigluBackward(e, { gate, up }, up);
      expect([...e.download(dGate)].map((y) => y + 0)).toEqual([0, expect.closeTo(0), 0.5, 1, 1]);
    });
  });

  test('attention of enormous scores picks one key and stays finite', () => {
    e.tidy(() => {
      const q = e.upload(Float32Array.of(1e6, 0), [1, 1, 1, 2]);
      const k = e.upload(Float32Array.of(1e6, 0, -1e6, 0), [1, 1, 2, 2]);
      const v = e.upload(Float32Array.of(1, 2, 3, 4), [1, 1, 2, 2]);
      const z = attend(e, { q, k, v }, undefined);
      expect([...e.download(z)]).toEqual([1, 2]);
      const { dq, dk, dv } = attendBackward(e, { q, k, v }, undefined, e.sum(e.mul(z, z), 3, true), z);
      for (const d of [dq, dk, dv]) finite(d);
    });
  });

  test('cross-entropy of a hopeless label is large, not infinite', () => {
    e.tidy(() => {
      const head = {
        norm: rmsNorm(e, e.upload(Float32Array.of(1, 1), [2]), 1e-5, 'f32'),
        weight: e.upload(Float32Array.of(1e4, 0, -1e4, 0), [2, 2]),
      };
      const hidden = e.upload(Float32Array.of(1, 1), [1, 2]);
      const positions = e.upload(Int32Array.of(0), [1]);
      const labels = e.upload(Int32Array.of(1), [1]);
      expect(e.download(crossEntropy(e, head, { hidden, positions, labels }))[0]).toBeCloseTo(2e4, -2);
    });
  });
});

test('cross-entropy in chunks equals cross-entropy at once', () => {
  // 2²³ logits at once: a vocabulary of 2²² takes two rows at a time.
  e.tidy(() => {
    const vocabulary = 1 << 22;
    const weight = e.tidy(() =>
      e.pad(uploaded([4, 2], 5), [
        [0, vocabulary - 4],
        [0, 0],
      ]),
    );
    const head = { norm: rmsNorm(e, uploaded([2], 6), 1e-5, 'f32'), weight };
    const hidden = uploaded([5, 2], 7);
    const at = (...rows: number[]) => ({
      hidden,
      positions: e.upload(Int32Array.from(rows), [rows.length]),
      labels: e.upload(
        Int32Array.from(rows, (row) => row % 4),
        [rows.length],
      ),
    });
    const together = crossEntropyBackward(
      e,
      head,
      at(0, 1, 2, 3, 4),
      e.upload(Float32Array.of(1, 2, 3, 4, 5), [5, 1]),
      false,
    );
    const losses = e.download(together.losses);
    const dHidden = e.download(together.dHidden);
    for (let row = 0; row < 5; row++) {
      const alone = crossEntropyBackward(e, head, at(row), e.upload(Float32Array.of(row + 1), [1, 1]), false);
      expect(e.download(alone.losses)[0]).toBeCloseTo(losses[row], 5);
      const d = e.download(alone.dHidden);
      for (let i = 0; i < 2; i++) expect(d[row * 2 + i]).toBeCloseTo(dHidden[row * 2 + i], 5);
    }
  });
});
