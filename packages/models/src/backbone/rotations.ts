import type { Rotation } from '@perfit/tensorflow';
import { rotationOf } from '../blocks/rope.js';
import { inverseFrequencies } from '../config/frequencies.js';
import type { ModelConfig } from '../contract.js';
import type { ScopedEngine } from '../scope.js';

/** The angles of a backbone's positions. */
export interface RotationCache {
  /**
   * Of the positions from 0 to at least `length` − 1: owned by the cache, and valid until a longer one is asked for,
   * since one table serves sequences of every length up to its own.
   */
  readonly upTo: (length: number) => Rotation;
  /** Of the next `length` tokens after `past`: owned by the caller. */
  readonly next: (past: number, length: number) => Rotation;
  readonly dispose: () => void;
}

/** A cache of the longest table asked for so far. */
export function rotationCache(e: ScopedEngine, config: ModelConfig): RotationCache {
  const frequencies = inverseFrequencies(config.rope, config.headSize);
  const next = (past: number, length: number) => rotationOf(e, frequencies, past, length);
  let kept: Rotation | undefined;
  const dispose = () => {
    e.dispose(kept?.cos, kept?.sin);
    kept = undefined;
  };
  return {
    upTo: (length) => {
      if (kept && kept.cos.shape[0] >= length) return kept;
      dispose();
      const { cos, sin } = next(0, length);
      kept = { cos: e.release(cos), sin: e.release(sin) };
      return kept;
    },
    next,
    dispose,
  };
}
