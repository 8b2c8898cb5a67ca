import type { AttentionSizes, DType, Rotation, Tensor } from './contract.js';
import type { Fused, Primitives } from './primitives.js';
import { type SequenceBlock, sequenceBlock } from './sequence-block.js';
import {
  attentionShape,
  requireEqual,
  requireLowRank,
  requireLowRankGradients,
  requireSegments,
  sizeOf,
} from './shapes.js';

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
        const z = merged(e, keep, keep(e.batchMatmul(p, v)), sizes.heads, shape.headSize, shape);
        return [z, keep(e.transpose(merged(e, keep, sums, sizes.heads, 1, shape), [1, 0]))] as const;
      });
      return { z, logSumExp };
    },
    attentionBackward: ({ qkv, rotation, z }, dz, sizes) =>
      ending(e, (keep) => {
        const { q, k, v, turns, shape } = operands(e, keep, qkv, rotation, sizes);
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
        return [gradient(e, keep, [dq, dk, dv], turns, sizes, shape)] as const;
      })[0],
    lowRankInput: (x, A) => {
      requireLowRank(x, A);
      return ending(e, (keep) => [e.matmul(keep(e.cast(x, 'f32')), A, { transposeB: true })] as const)[0];
    },
    lowRankGradients: (of, dy) => {
      requireLowRankGradients(of, dy);
      const { x, A, B } = of;
      const [t, dA, dB] = ending(e, (keep) => {
        const [wideX, wideD] = [keep(e.cast(x, 'f32')), keep(e.cast(dy, 'f32'))];
        const u = keep(e.matmul(wideX, A, { transposeB: true }));
        const t = keep(e.matmul(wideD, B));
        const dA = keep(e.matmul(t, wideX, { transposeA: true }));
        return [t, dA, keep(e.matmul(wideD, u, { transposeA: true }))] as const;
      });
      return { t, dA, dB };
    },
    segmentProducts: (x, y, starts, scales) => {
      requireSegments(x, y, starts, scales);
      const [sum, squares] = ending(e, (keep) => {
        const block = sequenceBlock(e, starts);
        const apart = (rows: Tensor) =>
          keep(e.reshape(block.spread(rows, keep), [block.sequences, block.length, rows.shape[1]]));
        const products = keep(e.batchMatmul(apart(x), apart(y), { transposeA: true }));
        const square = keep(e.square(products));
        const scaled = scales ? keep(e.mul(square, keep(e.reshape(scales, [block.sequences, 1, 1])))) : square;
        return [keep(e.sum(products, 0)), keep(e.sum(scaled, 0))] as const;
      });
      return { sum, squares };
    },
  };
}

type Keep = (x: Tensor) => Tensor;
/** D, query heads a key-value head, and the block of T rows a sequence that heads are computed in. */
type Shape = ReturnType<typeof attentionShape> & { readonly block: SequenceBlock };

/** x cos ∓ swap(x) sin, over the last axis of `[…, T, D]`, in f32. */
function turn(e: Primitives, keep: Keep, x: Tensor, { cos, sin }: Rotation, back: boolean): Tensor {
  const half = x.shape[3] / 2;
  const [first, second] = e.split(keep(e.cast(x, 'f32')), [half, half], 3).map(keep);
  const s = back ? keep(e.neg(sin)) : sin;
  const a = keep(e.sub(keep(e.mul(first, cos)), keep(e.mul(second, s))));
  const b = keep(e.add(keep(e.mul(second, cos)), keep(e.mul(first, s))));
  return keep(e.concat([a, b], 3));
}

/** Rows `[N, heads · D]` → `[S, heads, T, D]`. */
function headsOf(e: Primitives, keep: Keep, x: Tensor, heads: number, { block, headSize }: Shape): Tensor {
  const { sequences, length, spread } = block;
  const apart = keep(e.reshape(spread(x, keep), [sequences, length, heads, headSize]));
  return keep(e.transpose(apart, [0, 2, 1, 3]));
}

/** Rows `[N, heads · D]` → `[S, KV, G · T, D]`: queries that share keys lie below one another. */
function grouped(e: Primitives, keep: Keep, x: Tensor, sizes: AttentionSizes, shape: Shape): Tensor {
  const { block, headSize, groups } = shape;
  const { sequences, length } = block;
  const apart = headsOf(e, keep, x, sizes.heads, shape);
  return keep(e.reshape(apart, [sequences, sizes.keyValueHeads, groups * length, headSize]));
}

/** `[S, …, T, width]` of `count` heads → `[N, count · width]`. */
function merged(e: Primitives, keep: Keep, x: Tensor, count: number, width: number, { block }: Shape): Tensor {
  const { sequences, length, gather } = block;
  const apart = keep(e.transpose(keep(e.reshape(x, [sequences, count, length, width])), [0, 2, 1, 3]));
  return gather(keep(e.reshape(apart, [sequences * length, count * width])), keep);
}

function operands(e: Primitives, keep: Keep, qkv: Tensor, rotation: Rotation, sizes: AttentionSizes) {
  const { starts, heads, keyValueHeads } = sizes;
  const shape = { ...attentionShape(qkv, rotation, sizes), block: sequenceBlock(e, starts) };
  const { block, headSize, groups } = shape;
  const half = (angles: Tensor) => keep(e.slice(angles, [0, 0], [block.length, headSize / 2]));
  const turns = { cos: half(rotation.cos), sin: half(rotation.sin) };
  const stacked = headsOf(e, keep, qkv, heads + 2 * keyValueHeads, shape);
  const [q, k, v] = e.split(stacked, [heads, keyValueHeads, keyValueHeads], 1).map(keep);
  const scaled = keep(e.mul(turn(e, keep, q, turns, false), e.scalar(1 / Math.sqrt(headSize))));
  const queries = keep(e.reshape(scaled, [block.sequences, keyValueHeads, groups * block.length, headSize]));
  return {
    q: keep(e.cast(queries, qkv.dtype)),
    k: keep(e.cast(turn(e, keep, k, turns, false), qkv.dtype)),
    v,
    turns,
    shape,
  };
}

/** Scores in f32, very negative where a query would see a later key. */
function masked(e: Primitives, keep: Keep, scores: Tensor, { block: { length }, groups }: Shape): Tensor {
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
  turns: Rotation,
  { heads, keyValueHeads }: AttentionSizes,
  shape: Shape,
): Tensor {
  const { block, headSize } = shape;
  const dtype = dv.dtype as DType;
  const wide = keep(e.cast(keep(e.reshape(dq, [block.sequences, heads, block.length, headSize])), 'f32'));
  const scaled = keep(e.mul(wide, e.scalar(1 / Math.sqrt(headSize))));
  const q = keep(e.cast(turn(e, keep, scaled, turns, true), dtype));
  const k = keep(e.cast(turn(e, keep, dk, turns, true), dtype));
  return merged(e, keep, keep(e.concat([q, k, dv], 1)), heads + 2 * keyValueHeads, headSize, shape);
}
