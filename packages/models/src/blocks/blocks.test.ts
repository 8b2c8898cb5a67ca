import { createEngine, type Engine, type Tensor } from '@perfit/tensorflow';
import { inverseFrequencies } from '../config/frequencies.js';
import type { ModelConfig, ProjectionGroup, Projector } from '../contract.js';
import { frozenProjector } from '../frozen-projector.js';
import { type ScopedEngine, scopedEngine } from '../scope.js';
import { crossEntropy, crossEntropyBackward } from './cross-entropy.js';
import { decoderLayer } from './decoder-layer.js';
import { embed, embedBackward } from './embedding.js';
import { feedForward, feedForwardBackward } from './feed-forward.js';
import type { Pass } from './pass.js';
import { rmsNorm } from './rms-norm.js';
import { rotationOf } from './rope.js';
import { selfAttention, selfAttentionBackward } from './self-attention.js';

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
        const [, saved] = norm.forward(x);
        return { x: norm.backward(saved, dy), weight: norm.weightGradient(saved, dy) };
      },
    );
  });

  test('RMSNorm with a residual', () => {
    checkBackward(
      { x: [3, 6] },
      ({ x }) => e.add(x, rmsNorm(e, uploaded([6], 8), 1e-5, 'f32').forward(x)[0]),
      ({ x }, dy) => {
        const norm = rmsNorm(e, uploaded([6], 8), 1e-5, 'f32');
        return { x: norm.backward(norm.forward(x)[1], dy, dy) };
      },
    );
  });

  test('attention with its rotation, queries grouped by two', () => {
    const sizes = { starts: Int32Array.of(0, 1, 4, 6), heads: 4, keyValueHeads: 2 };
    const frequencies = inverseFrequencies({ theta: 50, scaling: { type: 'default' } }, 4);
    checkBackward(
      { qkv: [6, 32] },
      ({ qkv }) => e.attention(qkv, rotationOf(e, frequencies, 0, 3), sizes).z,
      ({ qkv }, dz) => {
        const rotation = rotationOf(e, frequencies, 0, 3);
        return { qkv: e.attentionBackward({ qkv, rotation, ...e.attention(qkv, rotation, sizes) }, dz, sizes) };
      },
    );
  });

  test('SwiGLU, gate and up', () => {
    checkBackward(
      { gate: [3, 8], up: [3, 8] },
      ({ gate, up }) => e.swiglu(gate, up),
      ({ gate, up }, dy) => {
        const { dGate, dUp } = e.swigluBackward(gate, up, dy);
        return { gate: dGate, up: dUp };
      },
    );
  });

  test('embedding, a repeated id', () => {
    const ids = () => e.upload(Int32Array.of(2, 0, 2), [3]);
    checkBackward(
      { table: [4, 5] },
      ({ table }) => embed(e, e.pack(table), ids()),
      (_, dx) => ({ table: embedBackward(e, ids(), dx, 4) }),
    );
  });

  test('cross-entropy, hidden states, last norm and head', () => {
    const targets = (hidden: Tensor) => ({
      hidden,
      labels: e.upload(Int32Array.of(4, 0, 6), [3]),
    });
    const head = (norm: Tensor, weight: Tensor) => ({ norm: rmsNorm(e, norm, 1e-5, 'f32'), weight: e.pack(weight) });
    checkBackward(
      { hidden: [3, 6], norm: [6], weight: [7, 6] },
      ({ hidden, norm, weight }) => crossEntropy(e, head(norm, weight), targets(hidden)),
      ({ hidden, norm, weight }, dLosses) => {
        const { dHidden, gradients } = crossEntropyBackward(e, head(norm, weight), targets(hidden), dLosses, true);
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
    weight: e.pack(uploaded([outs.reduce((a, b) => a + b, 0), width], seed)),
  });
  const norm = (seed: number) => rmsNorm(e, uploaded([6], seed), 1e-5, 'f32');
  return {
    attention: { heads: config, norm: norm(11), qkv: group('qkv', [16, 8, 8], 6, 12), output: group('o', [6], 16, 13) },
    feedForward: {
      norm: norm(14),
      gate: group('gate', [8], 6, 15),
      up: group('up', [8], 6, 16),
      down: group('down', [6], 8, 17),
    },
  };
}

/** Sequences of two and four tokens. */
function makePass(projector: Projector): Pass {
  const frequencies = inverseFrequencies(config.rope, config.headSize);
  return { starts: Int32Array.of(0, 2, 6), rotation: rotationOf(e, frequencies, 0, 4), projector };
}

describe('branches and the layer agree with finite differences', () => {
  test('self-attention', () => {
    checkBackward(
      { x: [6, 6] },
      ({ x }) => selfAttention(e, makeLayer().attention, makePass(frozenProjector(engine)), x)[0],
      ({ x }, dy) => {
        const [weights, pass] = [makeLayer().attention, makePass(frozenProjector(engine))];
        const [, saved] = selfAttention(e, weights, pass, x);
        const zero = e.upload(new Float32Array(36), [6, 6]);
        return { x: selfAttentionBackward(e, weights, pass, saved, dy, zero, true) };
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
        const zero = e.upload(new Float32Array(36), [6, 6]);
        return { x: feedForwardBackward(e, weights, pass, saved, dy, zero, true) };
      },
    );
  });

  test('decoder layer', () => {
    checkBackward(
      { x: [6, 6] },
      ({ x }) => decoderLayer(e, makeLayer(), 'f32').forward(makePass(frozenProjector(engine)), x),
      ({ x }, dy) => {
        const layer = decoderLayer(e, makeLayer(), 'f32');
        const pass = makePass(frozenProjector(engine));
        return { x: layer.backward(pass, layer.forwardSaving(pass, x)[1], dy, true) };
      },
    );
  });

  test('decoder layer of which some rows go on, one of them twice', () => {
    const rows = () => e.upload(Int32Array.of(4, 1, 4), [3]);
    checkBackward(
      { x: [6, 6] },
      ({ x }) => decoderLayer(e, makeLayer(), 'f32').forward(makePass(frozenProjector(engine)), x, rows()),
      ({ x }, dy) => {
        const layer = decoderLayer(e, makeLayer(), 'f32');
        const pass = makePass(frozenProjector(engine));
        return { x: layer.backward(pass, layer.forwardSaving(pass, x, rows())[1], dy, true) };
      },
    );
  });
});

test('the rows that go on are those of the whole, to the bit', () => {
  e.tidy(() => {
    const layer = decoderLayer(e, makeLayer(), 'f32');
    const pass = makePass(frozenProjector(engine));
    const x = uploaded([6, 6], 3);
    const rows = e.upload(Int32Array.of(5, 0), [2]);
    const some = e.download(layer.forward(pass, x, rows));
    expect(some).toEqual(e.download(e.gather(layer.forward(pass, x), rows)));
    expect(e.download(layer.forwardSaving(pass, e.cast(x, 'f32'), rows)[0])).toEqual(some);
  });
});

test('a layer computes the same whether or not it saves, and in steps with a cache', () => {
  e.tidy(() => {
    const layer = decoderLayer(e, makeLayer(), 'f32');
    const projector = frozenProjector(engine);
    const pass = makePass(projector);
    const x = uploaded([6, 6], 3);
    const whole = e.download(layer.forward(pass, x));
    expect(e.download(layer.forwardSaving(pass, e.cast(x, 'f32'))[0])).toEqual(whole);
    const frequencies = inverseFrequencies(config.rope, config.headSize);
    let cache: Parameters<typeof layer.step>[2];
    for (let t = 0; t < 4; t++) {
      const one = { starts: Int32Array.of(0, 1), rotation: rotationOf(e, frequencies, t, 1), projector };
      const [y, longer] = layer.step(one, e.slice(x, [2 + t, 0], [1, 6]), cache);
      cache = longer;
      for (const [i, value] of e.download(y).entries()) expect(value).toBeCloseTo(whole[(2 + t) * 6 + i], 5);
    }
  });
});
