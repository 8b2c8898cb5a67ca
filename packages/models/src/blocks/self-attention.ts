import type { Tensor } from '@perfit/tensorflow';
import type { ModelConfig, ProjectionGroup } from '../contract.js';
import type { ScopedEngine } from '../scope.js';
import { type AttentionOperands, attend, attendBackward } from './attention.js';
import type { Pass } from './pass.js';
import { project, projectBackward } from './projection.js';
import type { RmsNorm } from './rms-norm.js';
import { rotate, rotateBackward } from './rope.js';

/** The weights of a layer's attention. */
export interface SelfAttentionWeights {
  readonly norm: RmsNorm;
  /** q_proj, k_proj, v_proj stacked. */
  readonly qkv: ProjectionGroup;
  readonly output: ProjectionGroup;
}

/** What the backward needs besides the layer's input. */
export interface SelfAttentionSaved extends AttentionOperands {
  readonly inverse: Tensor;
  /** `[N, heads · D]`, the input of o_proj. */
  readonly z: Tensor;
}

/** Keys and values of the tokens so far, `[1, KV, C, D]` each. */
export interface KeyValueCache {
  readonly k: Tensor;
  readonly v: Tensor;
}

type Sizes = Pick<ModelConfig, 'heads' | 'keyValueHeads' | 'headSize'>;

/** `[N, Σ out]` → q (turned, scaled), k (turned) and v, heads before tokens. */
function operandsOf(
  e: ScopedEngine,
  { heads, keyValueHeads, headSize }: Sizes,
  { rows, length, tables }: Pass,
  qkv: Tensor,
): AttentionOperands {
  return e.tidy(() => {
    const apart = e.reshape(qkv, [rows, length, heads + 2 * keyValueHeads, headSize]);
    const [q, k, v] = e.split(e.transpose(apart, [0, 2, 1, 3]), [heads, keyValueHeads, keyValueHeads], 1);
    const grouped = [rows, keyValueHeads, (heads / keyValueHeads) * length, headSize];
    return { q: e.reshape(rotate(e, tables.q, q), grouped), k: rotate(e, tables.k, k), v };
  });
}

/** `[B, KV, G · T, D]` → `[N, heads · D]`. */
function mergeHeads(e: ScopedEngine, { heads, headSize }: Sizes, { rows, length }: Pass, z: Tensor): Tensor {
  return e.tidy(() => {
    const apart = e.reshape(z, [rows, heads, length, headSize]);
    return e.reshape(e.transpose(apart, [0, 2, 1, 3]), [rows * length, heads * headSize]);
  });
}

/** x `[N, H]` f32 → the attention branch's output `[N, H]`. Borrows x. */
export function selfAttention(
  e: ScopedEngine,
  sizes: Sizes,
  { norm, qkv, output }: SelfAttentionWeights,
  pass: Pass,
  x: Tensor,
): readonly [y: Tensor, saved: SelfAttentionSaved] {
  return e.tidy(() => {
    const [h, inverse] = norm.forward(x);
    const operands = operandsOf(e, sizes, pass, project(e, pass.projector, qkv, h));
    const z = mergeHeads(e, sizes, pass, attend(e, operands, pass.tables.mask));
    return [project(e, pass.projector, output, z), { ...operands, inverse, z }];
  });
}

/** {@link selfAttention} of the next tokens of one sequence: sees the cache, and returns the longer one. Borrows both. */
export function selfAttentionStep(
  e: ScopedEngine,
  sizes: Sizes,
  { norm, qkv, output }: SelfAttentionWeights,
  pass: Pass,
  x: Tensor,
  cache: KeyValueCache | undefined,
): readonly [y: Tensor, cache: KeyValueCache] {
  return e.tidy(() => {
    const now = operandsOf(e, sizes, pass, project(e, pass.projector, qkv, norm.forward(x)[0]));
    const k = cache ? e.concat([cache.k, now.k], 2) : now.k;
    const v = cache ? e.concat([cache.v, now.v], 2) : now.v;
    const z = mergeHeads(e, sizes, pass, attend(e, { q: now.q, k, v }, pass.tables.mask));
    return [project(e, pass.projector, output, z), { k, v }];
  });
}

/** Σ_d z ∘ dz per token and head, in the order of the queries: `[B, KV, G · T, 1]`. */
function alongOutput(e: ScopedEngine, sizes: Sizes, { rows, length }: Pass, z: Tensor, dz: Tensor): Tensor {
  const { heads, keyValueHeads, headSize } = sizes;
  return e.tidy(() => {
    const product = e.reshape(e.mul(e.as(z, 'f32'), e.as(dz, 'f32')), [rows, length, heads, headSize]);
    const perHead = e.transpose(e.sum(product, 3), [0, 2, 1]); // [B, heads, T]
    return e.as(e.reshape(perHead, [rows, keyValueHeads, (heads / keyValueHeads) * length, 1]), z.dtype);
  });
}

/** The gradients of q, k and v as the stacked projection gave them: `[N, Σ out]`. */
function operandsBackward(
  e: ScopedEngine,
  sizes: Sizes,
  { rows, length, tables }: Pass,
  { dq, dk, dv }: { readonly dq: Tensor; readonly dk: Tensor; readonly dv: Tensor },
): Tensor {
  const { heads, keyValueHeads, headSize } = sizes;
  return e.tidy(() => {
    const turnedBack = rotateBackward(e, tables.q, e.reshape(dq, [rows, heads, length, headSize]));
    const apart = e.concat([turnedBack, rotateBackward(e, tables.k, dk), dv], 1);
    return e.reshape(e.transpose(apart, [0, 2, 1, 3]), [rows * length, (heads + 2 * keyValueHeads) * headSize]);
  });
}

/** dy `[N, H]` in the backbone's element type → dx `[N, H]` f32, or undefined where it is not wanted. Borrows all. */
export function selfAttentionBackward(
  e: ScopedEngine,
  sizes: Sizes,
  weights: SelfAttentionWeights,
  pass: Pass,
  x: Tensor,
  saved: SelfAttentionSaved,
  dy: Tensor,
  wantsInput: boolean,
): Tensor | undefined {
  const { norm, qkv, output } = weights;
  const { heads, keyValueHeads, headSize } = sizes;
  const { projector, rows, length, tables, sink } = pass;
  return e.tidy(() => {
    const wantsOperands = wantsInput || projector.adapts(qkv);
    const dMerged = projectBackward(e, projector, output, () => saved.z, dy, wantsOperands);
    if (!dMerged || !wantsOperands) return undefined;
    const along = alongOutput(e, sizes, pass, saved.z, dMerged);
    const apart = e.transpose(e.reshape(dMerged, [rows, length, heads, headSize]), [0, 2, 1, 3]);
    const dz = e.reshape(apart, [rows, keyValueHeads, (heads / keyValueHeads) * length, headSize]);
    const dQkv = operandsBackward(e, sizes, pass, attendBackward(e, saved, tables.mask, along, dz));
    const input = { x, inverse: saved.inverse };
    const dh = projectBackward(e, projector, qkv, () => norm.normalise(input), dQkv, wantsInput);
    if (!dh) return undefined;
    sink?.('input_layernorm.weight', e.release(norm.weightGradient(input, dh)));
    return norm.backward(input, dh);
  });
}
