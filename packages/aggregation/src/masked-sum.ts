import { type Architecture, lowestOne, wordsOf } from '@perfit/lora';
import { allFinite } from './scratch.js';
import { LARGE, simdKernel } from './simd-kernel.js';

/** Adds n · values at the live positions of `mask`: sum[p_j] += n · values[j], in f64. */
export function addScaled(sum: Float64Array, mask: Architecture, values: Float32Array, n: number): void {
  const words = wordsOf(mask.bits);
  let next = 0;
  for (let i = 0; i < words.length; i++)
    for (let rest = words[i]; rest !== 0; rest &= rest - 1) sum[i * 32 + lowestOne(rest)] += n * values[next++];
}

/** {@link addScaled}, adding n to `weight` at the same positions: one walk over the mask serves both. */
export function addWeighted(
  sum: Float64Array,
  weight: Float64Array,
  mask: Architecture,
  values: Float32Array,
  n: number,
): void {
  const words = wordsOf(mask.bits);
  let next = 0;
  for (let i = 0; i < words.length; i++)
    for (let rest = words[i]; rest !== 0; rest &= rest - 1) {
      const p = i * 32 + lowestOne(rest);
      sum[p] += n * values[next++];
      weight[p] += n;
    }
}

/** Σ n θ under masks as it is summed up, in f64 and in the order in which updates are added. */
export interface MaskedSum {
  /** Takes an update's values, to be added or not, and says whether all are finite; borrows them until they are added. */
  readonly stage: (values: Float32Array) => boolean;
  /** Adds n times the staged values, which are all finite, at the live positions of `mask`. */
  readonly add: (mask: Architecture, n: number) => void;
  /** The sum so far `[P]`; borrowed until the next call. */
  readonly read: () => Float64Array;
}

/** A sum over `size` positions; holds up to 17 bytes for each, however many updates come. */
export function maskedSum(size: number): MaskedSum {
  return (size < LARGE ? undefined : simdMaskedSum(size)) ?? plainMaskedSum(size);
}

/** {@link maskedSum} without WebAssembly. */
export function plainMaskedSum(size: number): MaskedSum {
  const sum = new Float64Array(size);
  let staged: Float32Array = new Float32Array(0);
  return {
    stage: (values) => {
      staged = values;
      return allFinite(values);
    },
    add: (mask, n) => addScaled(sum, mask, staged, n),
    read: () => sum,
  };
}

/** Updates that wait to be added together, and words of their masks that are added at a time: 16 KB of sums. */
const WAITING = 8;
const BLOCK = 64;

/**
 * {@link maskedSum} in SIMD; the same bits. Sums larger than the processor's cache would have to be read and written for
 * every update, so a few updates wait, 2 P values at most, and are then added block by block of positions.
 */
export function simdMaskedSum(size: number): MaskedSum | undefined {
  const words = Math.ceil(size / 32);
  const capacity = 2 * size;
  const made = simdKernel([words * 256, WAITING * words * 4, (capacity + 4) * 4]);
  if (!made) return undefined;
  const { kernel, at } = made;
  const [sumAt, bitsAt, valuesAt] = at;
  const { buffer } = kernel.memory;
  const bits = new Uint8Array(buffer, bitsAt, WAITING * words * 4);
  const values = new Float32Array(buffer, valuesAt, capacity + 4);
  const waiting: { next: number; readonly n: number }[] = [];
  let used = 0;
  let staged = 0;
  const flush = () => {
    for (let word = 0; word < words; word += BLOCK)
      for (const [i, update] of waiting.entries()) {
        const mask = bitsAt + (i * words + word) * 4;
        const count = Math.min(BLOCK, words - word);
        update.next = kernel.addValues(sumAt + word * 256, mask, count, update.next, update.n);
      }
    waiting.length = 0;
    used = 0;
  };
  return {
    stage: (sent) => {
      if (used + sent.length > capacity) flush();
      staged = sent.length;
      values.set(sent, used);
      values.fill(0, used + staged, used + staged + 4);
      return kernel.allFinite(valuesAt + used * 4, staged) === 1;
    },
    add: (mask, n) => {
      bits.set(mask.bits, waiting.length * words * 4);
      waiting.push({ next: valuesAt + used * 4, n });
      used += staged;
      if (waiting.length === WAITING) flush();
    },
    read: () => {
      flush();
      return new Float64Array(buffer, sumAt, size);
    },
  };
}
