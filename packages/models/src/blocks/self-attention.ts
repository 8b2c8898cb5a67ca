import type { AttentionSaved, AttentionSizes, RmsNormSaved, Tensor } from '@perfit/tensorflow';
import type { ProjectionGroup } from '../contract.js';
import type { ScopedEngine } from '../scope.js';
import { type AttentionHeads, cachedAttention, type KeyValueCache } from './cached-attention.js';
import type { Pass } from './pass.js';
import { project, projectBackward } from './projection.js';
import type { RmsNorm } from './rms-norm.js';

/** The weights of a layer's attention branch. */
export interface SelfAttentionWeights {
  readonly heads: AttentionHeads;
  readonly norm: RmsNorm;
  /** q_proj, k_proj, v_proj stacked. */
  readonly qkv: ProjectionGroup;
  readonly output: ProjectionGroup;
}

/** What the backward needs. */
export interface SelfAttentionSaved {
  readonly norm: RmsNormSaved;
  readonly attention: AttentionSaved;
}

function sizesOf({ heads, keyValueHeads }: AttentionHeads, { starts }: Pass): AttentionSizes {
  return { starts, heads, keyValueHeads };
}

/** x `[N, H]` f32 → o_proj(attention(qkv(norm(x)))) `[N, H]`. Borrows x. */
export function selfAttention(
  e: ScopedEngine,
  { heads, norm, qkv, output }: SelfAttentionWeights,
  pass: Pass,
  x: Tensor,
): readonly [y: Tensor, saved: SelfAttentionSaved] {
  const { rotation, projector } = pass;
  return e.tidy(() => {
    const [h, normSaved] = norm.forward(x);
    const stacked = project(e, projector, qkv, h);
    const { z, logSumExp } = e.attention(stacked, rotation, sizesOf(heads, pass));
    const y = project(e, projector, output, z);
    return [y, { norm: normSaved, attention: { qkv: stacked, rotation, z, logSumExp } }];
  });
}

/** {@link selfAttention} of the next tokens of one sequence, which see the cache. Borrows both. */
export function selfAttentionStep(
  e: ScopedEngine,
  { heads, norm, qkv, output }: SelfAttentionWeights,
  { rotation, projector }: Pass,
  x: Tensor,
  cache: KeyValueCache | undefined,
): readonly [y: Tensor, cache: KeyValueCache] {
  return e.tidy(() => {
    const stacked = project(e, projector, qkv, norm.forward(x)[0]);
    const [z, longer] = cachedAttention(e, heads, stacked, rotation, cache);
    return [project(e, projector, output, z), longer];
  });
}

/**
 * dy `[N, H]` in the backbone's element type → `residual` plus dx, `[N, H]` f32; undefined where nobody wants it.
 * Borrows everything.
 */
export function selfAttentionBackward(
  e: ScopedEngine,
  { heads, norm, qkv, output }: SelfAttentionWeights,
  pass: Pass,
  saved: SelfAttentionSaved,
  dy: Tensor,
  residual: Tensor,
  wantsInput: boolean,
): Tensor | undefined {
  const { projector, sink } = pass;
  return e.tidy(() => {
    const wantsStacked = wantsInput || projector.adapts(qkv);
    const dz = projectBackward(e, projector, output, () => saved.attention.z, dy, wantsStacked);
    if (!dz || !wantsStacked) return undefined;
    const dStacked = e.attentionBackward(saved.attention, dz, sizesOf(heads, pass));
    const dh = projectBackward(e, projector, qkv, () => norm.normalise(saved.norm), dStacked, wantsInput);
    if (!dh) return undefined;
    sink?.('input_layernorm.weight', e.release(norm.weightGradient(saved.norm, dh)));
    return norm.backward(saved.norm, dh, residual);
  });
}
