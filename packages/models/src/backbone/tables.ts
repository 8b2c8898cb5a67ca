import type { DType, Tensor } from '@perfit/tensorflow';
import type { Mask } from '../blocks/attention.js';
import type { Tables } from '../blocks/pass.js';
import { rotationTables } from '../blocks/rope.js';
import { inverseFrequencies } from '../config/frequencies.js';
import type { ModelConfig } from '../contract.js';
import type { ScopedEngine } from '../scope.js';

/** Lengths whose tables are kept. */
const KEPT = 16;
/** Far below any score, far above what would overflow. */
const HIDDEN = -1e9;

/** Tables of the tokens `past` to `past + length − 1`, of which each sees itself and all before it. */
function makeTables(e: ScopedEngine, config: ModelConfig, dtype: DType, past: number, length: number): Tables {
  const { heads, keyValueHeads, headSize, rope } = config;
  const frequencies = inverseFrequencies(rope, headSize);
  const positions = { from: past, length };
  return e.tidy(() => ({
    q: rotationTables(e, frequencies, positions, 1 / Math.sqrt(headSize), dtype),
    k: rotationTables(e, frequencies, positions, 1, dtype),
    mask: causalMask(e, heads / keyValueHeads, past, length),
  }));
}

/** `[G · T, past + T]`; one token alone sees everything, and needs none. */
function causalMask(e: ScopedEngine, groups: number, past: number, length: number): Mask {
  if (length === 1) return undefined;
  const width = past + length;
  const mask = new Float32Array(groups * length * width);
  for (let row = 0; row < groups * length; row++)
    mask.fill(HIDDEN, row * width + past + (row % length) + 1, (row + 1) * width);
  return e.upload(mask, [groups * length, width]);
}

/** The tables of a backbone. */
export interface TableCache {
  /** Of whole rows of a length: kept for the next batch, owned by the cache. */
  readonly whole: (length: number) => Tables;
  /** Of the next `length` tokens after `past`: owned by the caller. */
  readonly next: (past: number, length: number) => Tables;
  readonly dispose: () => void;
}

function tensorsOf({ q, k, mask }: Tables): readonly (Tensor | undefined)[] {
  return [q.cos, q.sin, k.cos, k.sin, mask];
}

/** A cache that forgets the length it has not used for longest. */
export function tableCache(e: ScopedEngine, config: ModelConfig, dtype: DType): TableCache {
  const kept = new Map<number, Tables>();
  const whole = (length: number): Tables => {
    const found = kept.get(length) ?? makeTables(e, config, dtype, 0, length);
    for (const tensor of tensorsOf(found)) if (tensor) e.release(tensor);
    kept.delete(length);
    kept.set(length, found);
    for (const [oldest, tables] of kept) {
      if (kept.size <= KEPT) break;
      e.dispose(...tensorsOf(tables));
      kept.delete(oldest);
    }
    return found;
  };
  return {
    whole,
    next: (past, length) => makeTables(e, config, dtype, past, length),
    dispose: () => {
      for (const tables of kept.values()) e.dispose(...tensorsOf(tables));
      kept.clear();
    },
  };
}
