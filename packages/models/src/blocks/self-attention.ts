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
  /** The rows that went on, borrowed; undefined: all. */
  readonly rows: Tensor | undefined;
}

function sizesOf({ heads, keyValueHeads }: AttentionHeads, { starts }: Pass): AttentionSizes {
  return { starts, heads, keyValueHeads };
}

/** x `[N, H]` f32 → o_proj(attention(qkv(norm(x)))) `[N, H]`, or its `rows` (i32 `[M]`) alone. Borrows both. */
export function selfAttention(
  e: ScopedEngine,
  { heads, norm, qkv, output }: SelfAttentionWeights,
  pass: Pass,
  x: Tensor,
  rows?: Tensor,
): readonly [y: Tensor, saved: SelfAttentionSaved] {
  const { rotation, projector } = pass;
  return e.tidy(() => {
    const [h, normSaved] = norm.forward(x);
    const stacked = project(e, projector, qkv, h);
    const { z, logSumExp } = e.attention(stacked, rotation, sizesOf(heads, pass));
    const y = project(e, projector, output, rows ? e.gather(z, rows) : z);
    return [y, { norm: normSaved, attention: { qkv: stacked, rotation, z, logSumExp }, rows }];
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
 * dy `[N, H]` in the backbone's element type → `residual` plus dx, `[N, H]` f32; undefined where nobody wants it. Where
 * only some rows went on, dy and the residual have these. Borrows everything.
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
    const { rows, attention } = saved;
    const input = () => (rows ? e.gather(attention.z, rows) : attention.z);
    const dOutput = projectBackward(e, projector, output, input, dy, wantsStacked);
    if (!dOutput || !wantsStacked) return undefined;
    const [count] = attention.z.shape;
    const dz = rows ? spread(e, rows, dOutput, count) : dOutput;
    const dStacked = e.attentionBackward(saved.attention, dz, sizesOf(heads, pass));
    const dh = projectBackward(e, projector, qkv, () => norm.normalise(saved.norm), dStacked, wantsInput);
    if (!dh) return undefined;
    sink?.('input_layernorm.weight', e.release(norm.weightGradient(saved.norm, dh)));
    return norm.backward(saved.norm, dh, rows ? spread(e, rows, residual, count) : residual);
  });
}

/** Rows at their places among `count`, zeros elsewhere; in their own element type, summed in f32. */
function spread(e: ScopedEngine, rows: Tensor, values: Tensor, count: number): Tensor {
  return e.tidy(() => e.as(e.scatterAdd(rows, e.as(values, 'f32'), count), values.dtype));
}
