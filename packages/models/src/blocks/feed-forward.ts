import type { RmsNormSaved, Tensor } from '@perfit/tensorflow';
import type { ProjectionGroup } from '../contract.js';
import type { ScopedEngine } from '../scope.js';
import type { Pass } from './pass.js';
import { project, projectBackward } from './projection.js';
import type { RmsNorm } from './rms-norm.js';

/** The weights of a layer's feed-forward branch. Gate and up stand apart, as SwiGLU takes them. */
export interface FeedForwardWeights {
  readonly norm: RmsNorm;
  readonly gate: ProjectionGroup;
  readonly up: ProjectionGroup;
  readonly down: ProjectionGroup;
}

/** What the backward needs. */
export interface FeedForwardSaved {
  readonly norm: RmsNormSaved;
  /** `[N, F]` each. */
  readonly gate: Tensor;
  readonly up: Tensor;
}

/** x `[N, H]` f32 → down_proj(silu(gate) ∘ up) `[N, H]`, gate and up of norm(x). Borrows x. */
export function feedForward(
  e: ScopedEngine,
  { norm, gate, up, down }: FeedForwardWeights,
  { projector }: Pass,
  x: Tensor,
): readonly [y: Tensor, saved: FeedForwardSaved] {
  return e.tidy(() => {
    const [h, normSaved] = norm.forward(x);
    const saved = { norm: normSaved, gate: project(e, projector, gate, h), up: project(e, projector, up, h) };
    return [project(e, projector, down, e.swiglu(saved.gate, saved.up)), saved];
  });
}

/**
 * dy `[N, H]` in the backbone's element type → `residual` plus dx, `[N, H]` f32; undefined where nobody wants it.
 * Borrows everything.
 */
export function feedForwardBackward(
  e: ScopedEngine,
  { norm, gate, up, down }: FeedForwardWeights,
  { projector, sink }: Pass,
  saved: FeedForwardSaved,
  dy: Tensor,
  residual: Tensor,
  wantsInput: boolean,
): Tensor | undefined {
  return e.tidy(() => {
    const wantsBoth = wantsInput || projector.adapts(gate) || projector.adapts(up);
    const product = () => e.swiglu(saved.gate, saved.up);
    const dProduct = projectBackward(e, projector, down, product, dy, wantsBoth);
    if (!dProduct || !wantsBoth) return undefined;
    const { dGate, dUp } = e.swigluBackward(saved.gate, saved.up, dProduct);
    let again: Tensor | undefined;
    const h = () => {
      again ??= norm.normalise(saved.norm);
      return again;
    };
    const fromGate = projectBackward(e, projector, gate, h, dGate, wantsInput);
    const fromUp = projectBackward(e, projector, up, h, dUp, wantsInput);
    if (!fromGate || !fromUp) return undefined;
    const dh = e.add(fromGate, fromUp);
    sink?.('post_attention_layernorm.weight', e.release(norm.weightGradient(saved.norm, dh)));
    return norm.backward(saved.norm, dh, residual);
  });
}
