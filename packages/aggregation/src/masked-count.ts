import { type Architecture, lowestOne, wordsOf } from '@perfit/lora';
import { LARGE, simdKernel } from './simd-kernel.js';

/** Σ n of the masks that hold a position, as it is counted up, in f64. */
export interface MaskedCount {
  /** Adds n at the live positions of `mask`. */
  readonly add: (mask: Architecture, n: number) => void;
  /** The counts so far `[P]`; borrowed until the next call. */
  readonly read: () => Float64Array | Uint16Array;
}

/** What 16 bits hold. */
const MOST = 65_535;

/** Counts over `size` positions; holds up to 11 bytes for each. */
export function maskedCount(size: number): MaskedCount {
  return (size < LARGE ? undefined : simdMaskedCount(size)) ?? plainMaskedCount(size);
}

function addAt(counts: Float64Array, mask: Architecture, n: number): void {
  const words = wordsOf(mask.bits);
  for (let i = 0; i < words.length; i++)
    for (let rest = words[i]; rest !== 0; rest &= rest - 1) counts[i * 32 + lowestOne(rest)] += n;
}

function addAll(counts: Float64Array, further: Uint16Array): void {
  for (let p = 0; p < counts.length; p++) counts[p] += further[p];
}

/** {@link maskedCount} without WebAssembly. */
export function plainMaskedCount(size: number): MaskedCount {
  const counts = new Float64Array(size);
  return { add: (mask, n) => addAt(counts, mask, n), read: () => counts };
}

/** Masks that wait to be counted together, and words of them that are counted at a time: 16 KB of counts. */
const WAITING = 8;
const BLOCK = 256;

/** {@link maskedCount} in SIMD: in 16 bits for as long as they hold every count, whatever the masks are. */
export function simdMaskedCount(size: number): MaskedCount | undefined {
  const words = Math.ceil(size / 32);
  const made = simdKernel([words * 64, WAITING * words * 4]);
  if (!made) return undefined;
  const { kernel, at } = made;
  const [countsAt, bitsAt] = at;
  const small = new Uint16Array(kernel.memory.buffer, countsAt, size);
  const bits = new Uint8Array(kernel.memory.buffer, bitsAt, WAITING * words * 4);
  const waiting: number[] = [];
  let total = 0;
  let counts: Float64Array | undefined;
  const flush = () => {
    for (let word = 0; word < words; word += BLOCK)
      for (const [i, n] of waiting.entries()) {
        const mask = bitsAt + (i * words + word) * 4;
        kernel.addCounts(countsAt + word * 64, mask, Math.min(BLOCK, words - word), n);
      }
    waiting.length = 0;
  };
  const widened = () => {
    flush();
    counts ??= new Float64Array(size);
    addAll(counts, small);
    small.fill(0);
    total = 0;
    return counts;
  };
  return {
    add: (mask, n) => {
      if (!(Number.isInteger(n) && n >= 0 && n <= MOST)) return addAt(widened(), mask, n);
      if (total + n > MOST) widened();
      total += n;
      bits.set(mask.bits, waiting.length * words * 4);
      if (waiting.push(n) === WAITING) flush();
    },
    read: () => {
      flush();
      return counts ? widened() : small;
    },
  };
}
