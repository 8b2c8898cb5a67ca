import type { AttentionSizes, DType, Engine, Rotation, Tensor } from './contract.js';
import { attentionShape, requireEqual, sizeOf } from './shapes.js';

/** The operations of an engine that others are composed of. */
export type Primitives = Omit<Engine, keyof Fused>;
/** The operations that have a kernel of their own on the native engine's CPU. */
export type Fused = Pick<
  Engine,
  'rmsNorm' | 'rmsNormBackward' | 'swiglu' | 'swigluBackward' | 'attention' | 'attentionBackward'
>;

/** Runs a body that keeps what it makes, and ends all of it but the results. */
function ending<Result extends readonly Tensor[]>(
  e: Primitives,
  body: (keep: (x: Tensor) => Tensor) => Result,
): Result {
  const made = new Set<Tensor>();
  let results: readonly Tensor[] = [];
  try {
    const result = body((x) => {
      made.add(x);
      return x;
    });
    results = result;
    return result;
  } finally {
    for (const x of results) made.delete(x);
    e.dispose(...made);
  }
}

/** The fused operations as compositions: what WebAssembly and GPUs run, and what the kernels are tested against. */
export function composedFused(e: Primitives): Fused {
  return {
    rmsNorm: (x, weight, epsilon, dtype = 'f32') => {
      requireEqual('rmsNorm', weight.shape, x.shape.slice(1));
      const [y, inverse] = ending(e, (keep) => {
        const squares = keep(e.mean(keep(e.square(x)), 1, true));
        const s = keep(e.rsqrt(keep(e.add(squares, e.scalar(epsilon)))));
        return [keep(e.cast(keep(e.mul(keep(e.mul(x, s)), weight)), dtype)), s] as const;
      });
      return { y, inverse };
    },
    rmsNormBackward: ({ x, inverse, weight }, dy, residual) => {
      requireEqual('rmsNormBackward', dy.shape, x.shape);
      return ending(e, (keep) => {
        const g = keep(e.mul(keep(e.cast(dy, 'f32')), weight));
        const mean = keep(e.mean(keep(e.mul(g, x)), 1, true));
        const along = keep(e.mul(mean, keep(e.square(inverse))));
        const through = keep(e.mul(keep(e.sub(g, keep(e.mul(x, along)))), inverse));
        return [residual ? keep(e.add(residual, through)) : through] as const;
      })[0];
    },
    swiglu: (gate, up) => {
      requireEqual('swiglu', gate.shape, up.shape);
      return ending(e, (keep) => [keep(e.mul(keep(e.mul(gate, keep(e.sigmoid(gate)))), up))] as const)[0];
    },
    swigluBackward: (gate, up, dy) => {
      for (const { shape } of [up, dy]) requireEqual('swigluBackward', gate.shape, shape);
      const [dGate, dUp] = ending(e, (keep) => {
        const sigma = keep(e.sigmoid(gate));
        const silu = keep(e.mul(gate, sigma));
        const rest = keep(e.sub(e.scalar(1, sigma.dtype), sigma));
        const slope = keep(e.add(sigma, keep(e.mul(silu, rest))));
        return [keep(e.mul(keep(e.mul(dy, up)), slope)), keep(e.mul(dy, silu))] as const;
      });
      return { dGate, dUp };
    },
    attention: (qkv, rotation, sizes) => {
      const [z, logSumExp] = ending(e, (keep) => {
        const { q, k, v, shape } = operands(e, keep, qkv, rotation, sizes);
        const scores = masked(e, keep, keep(e.batchMatmul(q, k, { transposeB: true })), shape);
        const sums = logSumExpOf(e, keep, scores);
        const p = keep(e.cast(keep(e.softmax(scores)), qkv.dtype));
        const merged = merge(e, keep, keep(e.batchMatmul(p, v)), sizes, shape);
        return [merged, keep(e.reshape(sums, [sizes.rows, sizes.heads, shape.length]))] as const;
      });
      return { z, logSumExp };
    },
    attentionBackward: ({ qkv, rotation, z }, dz, sizes) =>
      ending(e, (keep) => {
        const { q, k, v, shape } = operands(e, keep, qkv, rotation, sizes);
        requireEqual('attentionBackward', dz.shape, z.shape);
        const dtype = qkv.dtype;
        const apart = (x: Tensor) => grouped(e, keep, keep(e.cast(x, 'f32')), sizes, shape);
        const [wideZ, wideD] = [apart(z), apart(dz)];
        const along = keep(e.sum(keep(e.mul(wideZ, wideD)), 3, true));
        const d = keep(e.cast(wideD, dtype));
        const scores = masked(e, keep, keep(e.batchMatmul(q, k, { transposeB: true })), shape);
        const wideP = keep(e.softmax(scores));
        const p = keep(e.cast(wideP, dtype));
        const dp = keep(e.cast(keep(e.batchMatmul(d, v, { transposeB: true })), 'f32'));
        const ds = keep(e.cast(keep(e.mul(wideP, keep(e.sub(dp, along)))), dtype));
        const dq = keep(e.batchMatmul(ds, k));
        const dk = keep(e.batchMatmul(ds, q, { transposeA: true }));
        const dv = keep(e.batchMatmul(p, d, { transposeA: true }));
        return [gradient(e, keep, [dq, dk, dv], rotation, sizes, shape)] as const;
      })[0],
  };
}

type Keep = (x: Tensor) => Tensor;
type Shape = ReturnType<typeof attentionShape>;

/** x cos ∓ swap(x) sin, over the last axis of `[…, T, D]`, in f32. */
function turn(e: Primitives, keep: Keep, x: Tensor, { cos, sin }: Rotation, back: boolean): Tensor {
  const half = x.shape[3] / 2;
  const [first, second] = e.split(keep(e.cast(x, 'f32')), [half, half], 3).map(keep);
  const s = back ? keep(e.neg(sin)) : sin;
  const a = keep(e.sub(keep(e.mul(first, cos)), keep(e.mul(second, s))));
  const b = keep(e.add(keep(e.mul(second, cos)), keep(e.mul(first, s))));
  return keep(e.concat([a, b], 3));
}

/** Rows of heads `[B · T, heads · D]` → `[B, KV, G · T, D]`: queries that share keys lie below one another. */
function grouped(e: Primitives, keep: Keep, x: Tensor, { rows, heads, keyValueHeads }: AttentionSizes, shape: Shape) {
  const { length, headSize, groups } = shape;
  const apart = keep(e.transpose(keep(e.reshape(x, [rows, length, heads, headSize])), [0, 2, 1, 3]));
  return keep(e.reshape(apart, [rows, keyValueHeads, groups * length, headSize]));
}

/** `[B, KV, G · T, D]` → `[B · T, heads · D]`. */
function merge(e: Primitives, keep: Keep, z: Tensor, { rows, heads }: AttentionSizes, shape: Shape): Tensor {
  const { length, headSize } = shape;
  const apart = keep(e.transpose(keep(e.reshape(z, [rows, heads, length, headSize])), [0, 2, 1, 3]));
  return keep(e.reshape(apart, [rows * length, heads * headSize]));
}

function operands(e: Primitives, keep: Keep, qkv: Tensor, rotation: Rotation, sizes: AttentionSizes) {
  const shape = attentionShape(qkv, rotation, sizes);
  const { length, headSize, groups } = shape;
  const { rows, heads, keyValueHeads } = sizes;
  const apart = keep(e.reshape(qkv, [rows, length, heads + 2 * keyValueHeads, headSize]));
  const turned = keep(e.transpose(apart, [0, 2, 1, 3]));
  const [q, k, v] = e.split(turned, [heads, keyValueHeads, keyValueHeads], 1).map(keep);
  const scaled = keep(e.mul(turn(e, keep, q, rotation, false), e.scalar(1 / Math.sqrt(headSize))));
  return {
    q: keep(e.cast(keep(e.reshape(scaled, [rows, keyValueHeads, groups * length, headSize])), qkv.dtype)),
    k: keep(e.cast(turn(e, keep, k, rotation, false), qkv.dtype)),
    v,
    shape,
  };
}

/** Scores in f32, very negative where a query would see a later key. */
function masked(e: Primitives, keep: Keep, scores: Tensor, { length, groups }: Shape): Tensor {
  const mask = Float32Array.from({ length: groups * length * length }, (_, at) =>
    at % length > Math.floor(at / length) % length ? -1e30 : 0,
  );
  return keep(e.add(keep(e.cast(scores, 'f32')), keep(e.upload(mask, [groups * length, length]))));
}

/** log Σ exp over the last axis: any one score − its log probability. */
function logSumExpOf(e: Primitives, keep: Keep, scores: Tensor): Tensor {
  const { shape } = scores;
  const count = sizeOf(shape.slice(0, -1));
  const flat = keep(e.reshape(scores, [count, shape[3]]));
  const zeros = keep(e.upload(new Int32Array(count), [count]));
  const { losses, gradient } = e.crossEntropy(flat, zeros);
  keep(gradient);
  const first = keep(e.reshape(keep(e.slice(flat, [0, 0], [count, 1])), [count]));
  return keep(e.add(keep(losses), first));
}

function gradient(
  e: Primitives,
  keep: Keep,
  [dq, dk, dv]: readonly [Tensor, Tensor, Tensor],
  rotation: Rotation,
  sizes: AttentionSizes,
  { length, headSize }: Shape,
): Tensor {
  const { rows, heads, keyValueHeads } = sizes;
  const dtype = dv.dtype as DType;
  const wide = keep(e.cast(keep(e.reshape(dq, [rows, heads, length, headSize])), 'f32'));
  const scaled = keep(e.mul(wide, e.scalar(1 / Math.sqrt(headSize))));
  const q = keep(e.cast(turn(e, keep, scaled, rotation, true), dtype));
  const k = keep(e.cast(turn(e, keep, dk, rotation, true), dtype));
  const apart = keep(e.transpose(keep(e.concat([q, k, dv], 1)), [0, 2, 1, 3]));
  return keep(e.reshape(apart, [rows * length, (heads + 2 * keyValueHeads) * headSize]));
}
