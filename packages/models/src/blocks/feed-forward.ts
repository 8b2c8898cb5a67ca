import type { Tensor } from '@perfit/tensorflow';
import type { ProjectionGroup } from '../contract.js';
import type { ScopedEngine } from '../scope.js';
import type { Pass } from './pass.js';
import { project, projectBackward } from './projection.js';
import type { RmsNorm } from './rms-norm.js';
import { type SwigluSaved, swiglu, swigluBackward } from './swiglu.js';

/** The weights of a layer's feed-forward branch. Gate and up stand apart: stacked, their product had to be split. */
export interface FeedForwardWeights {
  readonly norm: RmsNorm;
  readonly gate: ProjectionGroup;
  readonly up: ProjectionGroup;
  readonly down: ProjectionGroup;
}

/** What the backward needs besides the branch's input. */
export interface FeedForwardSaved extends SwigluSaved {
  readonly inverse: Tensor;
}

/** x `[N, H]` f32 → the feed-forward branch's output `[N, H]`. Borrows x. */
export function feedForward(
  e: ScopedEngine,
  { norm, gate, up, down }: FeedForwardWeights,
  { projector }: Pass,
  x: Tensor,
): readonly [y: Tensor, saved: FeedForwardSaved] {
  return e.tidy(() => {
    const [h, inverse] = norm.forward(x);
    const saved = { gate: project(e, projector, gate, h), up: project(e, projector, up, h), inverse };
    return [project(e, projector, down, swiglu(e, saved)), saved];
  });
}

/** dy `[N, H]` in the backbone's element type → dx `[N, H]` f32, or undefined where it is not wanted. Borrows all. */
export function feedForwardBackward(
  e: ScopedEngine,
  { norm, gate, up, down }: FeedForwardWeights,
  { projector, sink }: Pass,
  x: Tensor,
  saved: FeedForwardSaved,
  dy: Tensor,
  wantsInput: boolean,
): Tensor | undefined {
  return e.tidy(() => {
    const wantsHidden = wantsInput || projector.adapts(gate) || projector.adapts(up);
    const da = projectBackward(e, projector, down, () => swiglu(e, saved), dy, wantsHidden);
    if (!da || !wantsHidden) return undefined;
    const { dGate, dUp } = swigluBackward(e, saved, da);
    const input = { x, inverse: saved.inverse };
    let normalised: Tensor | undefined;
    const h = () => {
      normalised ??= norm.normalise(input);
      return normalised;
    };
    const fromGate = projectBackward(e, projector, gate, h, dGate, wantsInput);
    const fromUp = projectBackward(e, projector, up, h, dUp, wantsInput);
    if (!fromGate || !fromUp) return undefined;
    const dh = e.add(fromGate, fromUp);
    sink?.('post_attention_layernorm.weight', e.release(norm.weightGradient(input, dh)));
    return norm.backward(input, dh);
  });
}
