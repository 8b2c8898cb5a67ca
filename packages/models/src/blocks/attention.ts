import type { Tensor } from '@perfit/tensorflow';
import type { ScopedEngine } from '../scope.js';

/** Queries of G heads share a key-value head: they lie below one another in one matrix of G · T rows. */
export interface AttentionOperands {
  /** `[B, KV, G · T, D]`, already times 1/√D. */
  readonly q: Tensor;
  /** `[B, KV, C, D]` */
  readonly k: Tensor;
  /** `[B, KV, C, D]` */
  readonly v: Tensor;
}

/** `[G · T, C]` f32: 0 where a query sees a key, very negative where not; undefined where it sees all. */
export type Mask = Tensor | undefined;

/** softmax(q kᵀ + mask), in the element type of q; the softmax itself in f32. */
function probabilities(e: ScopedEngine, { q, k }: AttentionOperands, mask: Mask): Tensor {
  return e.tidy(() => {
    const scores = e.as(e.batchMatmul(q, k, { transposeB: true }), 'f32'); // [B, KV, G·T, C]
    return e.as(e.softmax(mask ? e.add(scores, mask) : scores), q.dtype);
  });
}

/** Scaled dot-product attention with grouped queries: z `[B, KV, G · T, D]`. Borrows everything. */
export function attend(e: ScopedEngine, operands: AttentionOperands, mask: Mask): Tensor {
  return e.tidy(() => e.batchMatmul(probabilities(e, operands, mask), operands.v));
}

/**
 * The backward of {@link attend}; computes the probabilities again. `along` `[B, KV, G · T, 1]` is Σ_d z ∘ dz, which
 * equals Σ_c p ∘ dp but is a row of D long instead of C (Dao et al. 2022). Borrows everything.
 */
export function attendBackward(
  e: ScopedEngine,
  operands: AttentionOperands,
  mask: Mask,
  along: Tensor,
  dz: Tensor,
): { readonly dq: Tensor; readonly dk: Tensor; readonly dv: Tensor } {
  const { q, k, v } = operands;
  return e.tidy(() => {
    const p = probabilities(e, operands, mask);
    const dv = e.batchMatmul(p, dz, { transposeA: true });
    const dp = e.batchMatmul(dz, v, { transposeB: true });
    const dScores = e.mul(p, e.sub(dp, along));
    e.dispose(p, dp);
    return { dq: e.batchMatmul(dScores, k), dk: e.batchMatmul(dScores, q, { transposeA: true }), dv };
  });
}
