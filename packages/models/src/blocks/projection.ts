import type { Tensor } from '@perfit/tensorflow';
import type { ProjectionGroup, Projector } from '../contract.js';
import type { ScopedEngine } from '../scope.js';

/** y `[N, Σ out]` of a group, through the hook; owned as the engine's own results are. Borrows x. */
export function project(e: ScopedEngine, projector: Projector, group: ProjectionGroup, x: Tensor): Tensor {
  return e.own(projector.project(group, x));
}

/**
 * dx `[N, in]` of a group, through the hook, or undefined where nobody wants it. `input` computes x again, and is
 * called only where the projector adapts the group. Borrows dy.
 */
export function projectBackward(
  e: ScopedEngine,
  projector: Projector,
  group: ProjectionGroup,
  input: () => Tensor,
  dy: Tensor,
  wantsInput: boolean,
): Tensor | undefined {
  const adapts = projector.adapts(group);
  if (!adapts && !wantsInput) return undefined;
  return e.own(projector.backproject(group, adapts ? input() : undefined, dy, wantsInput));
}
