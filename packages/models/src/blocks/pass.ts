import type { Tensor } from '@perfit/tensorflow';
import type { Projector } from '../contract.js';
import type { Mask } from './attention.js';
import type { Rotation } from './rope.js';

/** What depends on the length of the rows only. */
export interface Tables {
  /** Turns q, and scales it by 1/√D. */
  readonly q: Rotation;
  readonly k: Rotation;
  readonly mask: Mask;
}

/** One batch's way through the layers: the same for all of them. */
export interface Pass {
  /** B rows of T tokens; hidden states are `[B · T, H]`. */
  readonly rows: number;
  readonly length: number;
  readonly tables: Tables;
  readonly projector: Projector;
  /** Receives gradients of the layers' own weights, by their name below `model.`. */
  readonly sink?: ((name: string, gradient: Tensor) => void) | undefined;
}
