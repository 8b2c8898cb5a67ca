import type { Rotation, Tensor } from '@perfit/tensorflow';
import type { ModelConfig } from '../contract.js';
import type { ScopedEngine } from '../scope.js';
import { rotate } from './rope.js';

/** Keys (turned) and values of the tokens so far, `[1, KV, C, D]` each. */
export interface KeyValueCache {
  readonly k: Tensor;
  readonly v: Tensor;
}

/** Heads of a model's attention. */
export type AttentionHeads = Pick<ModelConfig, 'heads' | 'keyValueHeads' | 'headSize'>;

/** Far below any score, far above what would overflow. */
const HIDDEN = -1e30;

/** `[G · n, C + n]`: a new token sees those before it, and itself. One alone sees everything, and needs no mask. */
function causalMask(e: ScopedEngine, groups: number, past: number, length: number): Tensor | undefined {
  if (length === 1) return undefined;
  const width = past + length;
  const mask = new Float32Array(groups * length * width);
  for (let row = 0; row < groups * length; row++)
    mask.fill(HIDDEN, row * width + past + (row % length) + 1, (row + 1) * width);
  return e.upload(mask, [groups * length, width]);
}

/**
 * Attention of the next n tokens of one sequence: qkv `[n, (heads + 2 · KV) · D]`, angles of their positions, and the
 * cache → z `[n, heads · D]` and the longer cache. Borrows everything.
 */
export function cachedAttention(
  e: ScopedEngine,
  { heads, keyValueHeads, headSize }: AttentionHeads,
  qkv: Tensor,
  rotation: Rotation,
  cache: KeyValueCache | undefined,
): readonly [z: Tensor, cache: KeyValueCache] {
  const length = qkv.shape[0];
  const groups = heads / keyValueHeads;
  return e.tidy(() => {
    const apart = e.transpose(e.reshape(qkv, [1, length, heads + 2 * keyValueHeads, headSize]), [0, 2, 1, 3]);
    const [q, plain, fresh] = e.split(apart, [heads, keyValueHeads, keyValueHeads], 1);
    const turned = rotate(e, rotation, plain);
    const k = cache ? e.concat([cache.k, turned], 2) : turned;
    const v = cache ? e.concat([cache.v, fresh], 2) : fresh;
    const scaled = e.mul(rotate(e, rotation, q), e.scalar(1 / Math.sqrt(headSize), q.dtype));
    // Queries that share keys lie below one another.
    const grouped = e.reshape(scaled, [1, keyValueHeads, groups * length, headSize]);
    const scores = e.as(e.batchMatmul(grouped, k, { transposeB: true }), 'f32');
    const mask = causalMask(e, groups, k.shape[2] - length, length);
    const p = e.as(e.softmax(mask ? e.add(scores, mask) : scores), v.dtype);
    const z = e.reshape(e.batchMatmul(p, v), [heads, length, headSize]);
    return [e.reshape(e.transpose(z, [1, 0, 2]), [length, heads * headSize]), { k, v }];
  });
}
