import type { RmsNormSaved, Tensor } from '@perfit/tensorflow';
import type { ProjectionGroup } from '../contract.js';
import type { ScopedEngine } from '../scope.js';
import type { Pass } from './pass.js';
import { project, projectBackward } from './projection.js';
import type { RmsNorm } from './rms-norm.js';

/** The weights of a layer's feed-forward branch. */
export interface FeedForwardWeights {
  readonly norm: RmsNorm;
  /** gate_proj, up_proj stacked. */
  readonly gateUp: ProjectionGroup;
  readonly down: ProjectionGroup;
}

/** What the backward needs. */
export interface FeedForwardSaved {
  readonly norm: RmsNormSaved;
  /** `[N, 2F]`: gate and up side by side. */
  readonly gateUp: Tensor;
}

/** x `[N, H]` f32 → down_proj(silu(gate) ∘ up) `[N, H]`, gate and up of norm(x). Borrows x. */
export function feedForward(
  e: ScopedEngine,
  { norm, gateUp, down }: FeedForwardWeights,
  { projector }: Pass,
  x: Tensor,
): readonly [y: Tensor, saved: FeedForwardSaved] {
  return e.tidy(() => {
    const [h, normSaved] = norm.forward(x);
    const stacked = project(e, projector, gateUp, h);
    return [project(e, projector, down, e.swiglu(stacked)), { norm: normSaved, gateUp: stacked }];
  });
}

/**
 * dy `[N, H]` in the backbone's element type → `residual` plus dx, `[N, H]` f32; undefined where nobody wants it.
 * Borrows everything.
 */
export function feedForwardBackward(
  e: ScopedEngine,
  { norm, gateUp, down }: FeedForwardWeights,
  { projector, sink }: Pass,
  saved: FeedForwardSaved,
  dy: Tensor,
  residual: Tensor,
  wantsInput: boolean,
): Tensor | undefined {
  return e.tidy(() => {
    const wantsStacked = wantsInput || projector.adapts(gateUp);
    const dProduct = projectBackward(e, projector, down, () => e.swiglu(saved.gateUp), dy, wantsStacked);
    if (!dProduct || !wantsStacked) return undefined;
    const dStacked = e.swigluBackward(saved.gateUp, dProduct);
    const dh = projectBackward(e, projector, gateUp, () => norm.normalise(saved.norm), dStacked, wantsInput);
    if (!dh) return undefined;
    sink?.('post_attention_layernorm.weight', e.release(norm.weightGradient(saved.norm, dh)));
    return norm.backward(saved.norm, dh, residual);
  });
}
