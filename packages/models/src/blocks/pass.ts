import type { Rotation, Tensor } from '@perfit/tensorflow';
import type { Projector } from '../contract.js';

/** One batch's way through the layers: the same for all of them. */
export interface Pass {
  /** B sequences; hidden states are `[B · T, H]`. */
  readonly rows: number;
  /** Angles of the tokens' positions. */
  readonly rotation: Rotation;
  readonly projector: Projector;
  /** Receives gradients of the layer's own weights, by their name in the layer. */
  readonly sink?: ((name: string, gradient: Tensor) => void) | undefined;
}
