import type { Rotation, Tensor } from '@perfit/tensorflow';
import type { Projector } from '../contract.js';

/** One batch's way through the layers: the same for all of them. */
export interface Pass {
  /** `[S + 1]`: where the sequences lie in the hidden states `[N, H]`, end to end. */
  readonly starts: Int32Array;
  /** Angles of at least as many positions as the longest sequence has. */
  readonly rotation: Rotation;
  readonly projector: Projector;
  /** Receives gradients of the layer's own weights, by their name in the layer. */
  readonly sink?: ((name: string, gradient: Tensor) => void) | undefined;
}
