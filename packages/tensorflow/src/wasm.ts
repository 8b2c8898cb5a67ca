import { createRequire } from 'node:module';
import type * as TensorFlowJs from '@tensorflow/tfjs-core';
import { composedFused } from './composed.js';
import { composedLinear } from './composed-linear.js';
import type { DType, Engine, Tensor } from './contract.js';
import { errors } from './errors.js';
import type { Primitives } from './primitives.js';
import * as shapes from './shapes.js';

type Tf = typeof TensorFlowJs;
type Inner = TensorFlowJs.Tensor;

const NAMES = { f32: 'float32', i32: 'int32' } as const;

/**
 * The engine on tfjs's WebAssembly backend (SIMD, one thread): for machines that cannot have the native one. The same
 * operations and results; no bf16. Indices are checked here, because its kernels read outside of their tensors.
 */
export async function wasmEngine(): Promise<Engine> {
  const require = createRequire(import.meta.url);
  const tf = require('@tensorflow/tfjs-core') as Tf;
  require('@tensorflow/tfjs-backend-wasm');
  await tf.setBackend('wasm');
  await tf.ready();
  return engineOn(tf);
}

function engineOn(tf: Tf): Engine {
  const alive = new Map<number, Inner>();
  const scalars = new Map<string, { readonly inner: Inner; readonly tensor: Tensor }>();
  const constants = new Map<number, Inner>();

  const unknown = ({ id, shape }: Tensor) =>
    errors.make('unknown-tensor', {
      what: `tensor ${id} of shape [${shape.join(', ')}] is not alive on this engine`,
      cure: 'Use and dispose a tensor once, on the engine that made it',
    });
  const inner = (x: Tensor): Inner => {
    const found = alive.get(x.id) ?? constants.get(x.id);
    if (!found) throw unknown(x);
    return found;
  };
  const requireDtype = (dtype: DType): 'float32' | 'int32' => {
    if (dtype !== 'bf16') return NAMES[dtype];
    throw errors.make('unsupported-dtype', {
      what: 'the WebAssembly engine does not compute in bf16',
      cure: 'Use f32, or install the native engine (`perfit doctor --fix`)',
    });
  };
  const adopt = (x: Inner): Tensor => {
    const tensor: Tensor = { id: x.id, shape: x.shape, dtype: x.dtype === 'int32' ? 'i32' : 'f32' };
    alive.set(x.id, x);
    return tensor;
  };
  /** Runs a composition of tfjs operations, whose temporaries end with it. */
  const run = (body: () => Inner): Tensor => adopt(tf.tidy(body));

  const indicesWithin = (operation: string, indices: Tensor, count: number): Int32Array => {
    const values = inner(indices).dataSync<'int32'>() as Int32Array;
    const wrong = values.find((index) => index < 0 || index >= count);
    if (wrong !== undefined)
      throw errors.make('index-out-of-range', {
        what: `${operation} got index ${wrong}, outside of [0, ${count})`,
        cure: 'Keep indices and labels within the extent that they index',
      });
    return values;
  };

  const unary = (operation: (x: Inner) => Inner) => (x: Tensor) => run(() => operation(inner(x)));
  const binary = (name: string, operation: (a: Inner, b: Inner) => Inner) => (a: Tensor, b: Tensor) => {
    shapes.requireSameDtype(name, [a, b]);
    shapes.broadcast(name, a.shape, b.shape);
    return run(() => operation(inner(a), inner(b)));
  };
  const reduction =
    (name: string, operation: (x: Inner, axis: number, keepDims: boolean) => Inner) =>
    (x: Tensor, axis: number, keepDims = false) => {
      const along = shapes.axisOf(name, axis, x.shape.length);
      // The backend leaves the result of reducing nothing unwritten.
      if (x.shape[along] === 0)
        return run(() => tf.fill(shapes.reducedShape(x.shape, along, keepDims), name === 'sum' ? 0 : Number.NaN));
      return run(() => operation(inner(x), along, keepDims));
    };
  const product =
    (name: string): Engine['batchMatmul'] =>
    (a, b, options = {}) => {
      shapes.requireSameDtype(name, [a, b]);
      const shape = shapes.productShape(name, a.shape, b.shape, options);
      const { transposeA = false, transposeB = false } = options;
      // The backend leaves a sum over nothing unwritten.
      if (a.shape.at(transposeA ? -2 : -1) === 0) return run(() => tf.fill(shape, 0));
      // The backend broadcasts an absent or a single batch, and computes nonsense for mixed ones.
      const lead = shapes.broadcast(name, a.shape.slice(0, -2), b.shape.slice(0, -2));
      const spread = (x: Tensor): Inner => tf.broadcastTo(inner(x), [...lead, ...x.shape.slice(-2)]);
      return run(() => tf.matMul(spread(a), spread(b), transposeA, transposeB));
    };

  /** Sums rows into `count` rows on the host, whose memory WebAssembly's is; rows at −1 are dropped. */
  const sumRows = (rows: Tensor, indices: ArrayLike<number>, count: number): Tensor => {
    const width = shapes.sizeOf(rows.shape.slice(1));
    const from = inner(rows).dataSync<'float32'>();
    const to = rows.dtype === 'i32' ? new Int32Array(count * width) : new Float32Array(count * width);
    for (let row = 0; row < indices.length; row++)
      if (indices[row] >= 0)
        for (let column = 0; column < width; column++) to[indices[row] * width + column] += from[row * width + column];
    return adopt(tf.tensor(to, shapes.withExtent(rows.shape, 0, count), requireDtype(rows.dtype)));
  };

  const primitives: Primitives = {
    description: {
      kind: 'wasm',
      version: tf.version_core,
      threads: 1,
      device: 'CPU',
      build: `wasm-${tf.version_core}`,
    },
    live: () => alive.size,
    supports: (dtype) => dtype !== 'bf16',

    upload: (values, shape) => {
      shapes.requireSize(values.length, shape);
      const dtype = requireDtype(
        values instanceof Float32Array ? 'f32' : values instanceof Int32Array ? 'i32' : 'bf16',
      );
      return adopt(tf.tensor(values.slice() as Float32Array, [...shape], dtype));
    },
    download: (x) => inner(x).dataSync() as Float32Array | Int32Array,
    dispose: (...tensors) => {
      for (const tensor of tensors) {
        if (!tensor) continue;
        const found = alive.get(tensor.id);
        if (!found) throw unknown(tensor);
        alive.delete(tensor.id);
        found.dispose();
      }
    },
    scalar: (value, dtype = 'f32') => {
      const key = `${Object.is(value, -0) ? '-0' : value}:${dtype}`;
      const kept = scalars.get(key);
      if (kept) return kept.tensor;
      const made = tf.scalar(value, requireDtype(dtype));
      const tensor: Tensor = { id: made.id, shape: [], dtype };
      scalars.set(key, { inner: made, tensor });
      constants.set(made.id, made);
      return tensor;
    },

    cast: (x, dtype) => run(() => tf.cast(inner(x), requireDtype(dtype)).clone()),
    reshape: (x, shape) => {
      shapes.requireSize(shapes.sizeOf(x.shape), shape);
      return run(() => tf.reshape(inner(x), [...shape]));
    },
    transpose: (x, permutation) => {
      shapes.requirePermutation(permutation, x.shape.length);
      return run(() => tf.transpose(inner(x), [...permutation]));
    },
    concat: (xs, axis) => {
      const along = shapes.axisOf('concat', axis, xs[0]?.shape.length ?? 1);
      shapes.concatShape(
        xs.map((x) => x.shape),
        along,
      );
      shapes.requireSameDtype('concat', xs);
      return run(() => tf.concat(xs.map(inner), along).clone());
    },
    split: (x, sizes, axis) => {
      const along = shapes.axisOf('split', axis, x.shape.length);
      shapes.splitShapes(x.shape, sizes, along);
      return tf.split(inner(x), [...sizes], along).map(adopt);
    },
    slice: (x, begin, size) => {
      shapes.requireWithin(x.shape, begin, size);
      return run(() => tf.slice(inner(x), [...begin], [...size]));
    },
    pad: (x, paddings) => {
      shapes.requireEqual('pad', [paddings.length], [x.shape.length]);
      return run(() => tf.pad(inner(x), [...paddings] as [number, number][]).clone());
    },
    gather: (x, indices) => {
      indicesWithin('gather', indices, x.shape[0]);
      return run(() => tf.gather(inner(x), inner(indices) as TensorFlowJs.Tensor1D));
    },
    scatterAdd: (indices, rows, count) => {
      shapes.requireEqual('scatterAdd', indices.shape, rows.shape.slice(0, 1));
      return sumRows(rows, indicesWithin('scatterAdd', indices, count), count);
    },

    matmul: (a, b, options) => {
      shapes.requireEqual('matmul (number of axes)', [a.shape.length, b.shape.length], [2, 2]);
      return product('matmul')(a, b, options);
    },
    batchMatmul: product('batchMatmul'),

    add: binary('add', tf.add),
    sub: binary('sub', tf.sub),
    mul: binary('mul', tf.mul),
    div: binary('div', tf.div),
    neg: unary(tf.neg),
    square: unary(tf.square),
    sqrt: unary(tf.sqrt),
    rsqrt: unary(tf.rsqrt),
    abs: unary(tf.abs),
    sigmoid: unary(tf.sigmoid),
    addN: (xs) => {
      shapes.requireEqual('addN', [Math.min(xs.length, 1)], [1]);
      shapes.requireSameDtype('addN', xs);
      for (const x of xs) shapes.requireEqual('addN', xs[0].shape, x.shape);
      return run(() => tf.addN(xs.map(inner)));
    },

    sum: reduction('sum', tf.sum),
    mean: reduction('mean', tf.mean),
    softmax: unary((x) => tf.softmax(x)),
    crossEntropy: (logits, labels, weights) => {
      shapes.requireEqual('crossEntropy', labels.shape, logits.shape.slice(0, 1));
      if (weights) shapes.requireEqual('crossEntropy (weights)', weights.shape, labels.shape);
      const weight = weights && inner(weights).dataSync<'float32'>();
      const classes = logits.shape[1];
      const chosen = indicesWithin('crossEntropy', labels, classes);
      // On the host, in f64: the backend's one-hot kernel writes integer bits into f32 tensors.
      const x = inner(logits).dataSync<'float32'>();
      const losses = new Float32Array(chosen.length);
      const gradient = new Float32Array(x.length);
      for (let row = 0; row < chosen.length; row++) {
        const scores = x.subarray(row * classes, (row + 1) * classes);
        const top = scores.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
        const total = scores.reduce((sum, score) => sum + Math.exp(score - top), 0);
        losses[row] = Math.log(total) - (scores[chosen[row]] - top);
        scores.forEach((score, column) => {
          const slope = Math.exp(score - top) / total - (column === chosen[row] ? 1 : 0);
          gradient[row * classes + column] = (weight?.[row] ?? 1) * slope;
        });
      }
      return { losses: adopt(tf.tensor(losses)), gradient: adopt(tf.tensor(gradient, [...logits.shape])) };
    },
    segmentSum: (values, segments, count) => {
      shapes.requireEqual('segmentSum', segments.shape, values.shape.slice(0, 1));
      const kept = inner(segments).dataSync<'int32'>();
      return sumRows(
        values,
        kept.map((segment) => (segment >= count ? -1 : segment)),
        count,
      );
    },
  };
  return { ...primitives, ...composedFused(primitives), ...composedLinear(primitives) };
}
