import type { Rotation } from '@perfit/tensorflow';
import { rotationOf } from '../blocks/rope.js';
import { inverseFrequencies } from '../config/frequencies.js';
import type { ModelConfig } from '../contract.js';
import type { ScopedEngine } from '../scope.js';

/** Lengths whose angles are kept. */
const KEPT = 16;

/** The angles of a backbone's positions. */
export interface RotationCache {
  /** Of whole rows of a length: kept for the next batch, owned by the cache. */
  readonly whole: (length: number) => Rotation;
  /** Of the next `length` tokens after `past`: owned by the caller. */
  readonly next: (past: number, length: number) => Rotation;
  readonly dispose: () => void;
}

/** A cache that forgets the length it has not used for longest. */
export function rotationCache(e: ScopedEngine, config: ModelConfig): RotationCache {
  const frequencies = inverseFrequencies(config.rope, config.headSize);
  const kept = new Map<number, Rotation>();
  const forget = (length: number) => {
    const { cos, sin } = kept.get(length)!;
    e.dispose(cos, sin);
    kept.delete(length);
  };
  const next = (past: number, length: number) => rotationOf(e, frequencies, past, length);
  return {
    whole: (length) => {
      const found = kept.get(length) ?? next(0, length);
      kept.delete(length);
      kept.set(length, { cos: e.release(found.cos), sin: e.release(found.sin) });
      if (kept.size > KEPT) forget(kept.keys().next().value!);
      return found;
    },
    next,
    dispose: () => {
      for (const length of [...kept.keys()]) forget(length);
    },
  };
}
