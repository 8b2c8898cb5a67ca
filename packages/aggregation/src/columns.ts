import { lowestOne, wordsOf } from '@perfit/lora';
import type { Upload } from './robust.js';

/** Up to how many numbers a sort by insertion is faster than the native one. */
const FEW = 32;

/**
 * Walks the positions that anyone sent, in order, and gives each with its holders: `column[k]` is what upload `who[k]`
 * says of p, for k below `count`, in the order of the uploads. The arrays are used again for a later position, and may
 * be reordered by `visit`. A word of every mask is turned into 32 columns at a time: 384 bytes an upload.
 */
export function forEachColumn(
  uploads: readonly Upload[],
  size: number,
  visit: (p: number, column: Float64Array, count: number, who: Uint32Array) => void,
): void {
  const n = uploads.length;
  const masks = uploads.map(({ mask }) => wordsOf(mask.bits));
  const values = uploads.map((upload) => upload.values);
  const next = new Uint32Array(n);
  const columns = Array.from({ length: 32 }, () => new Float64Array(n));
  const holders = Array.from({ length: 32 }, () => new Uint32Array(n));
  const counts = new Uint32Array(32);
  for (let word = 0; word * 32 < size; word++) {
    counts.fill(0);
    for (let i = 0; i < n; i++) {
      const own = values[i];
      let at = next[i];
      for (let rest = masks[i][word]; rest !== 0; rest &= rest - 1) {
        const bit = lowestOne(rest);
        const k = counts[bit]++;
        columns[bit][k] = own[at++];
        holders[bit][k] = i;
      }
      next[i] = at;
    }
    for (let bit = 0; bit < 32; bit++)
      if (counts[bit] > 0) visit(word * 32 + bit, columns[bit], counts[bit], holders[bit]);
  }
}

/** Sorts the first `count` numbers. */
function sortFirst(column: Float64Array, count: number): void {
  if (count > FEW) {
    column.subarray(0, count).sort();
    return;
  }
  for (let k = 1; k < count; k++) {
    const value = column[k];
    let at = k;
    for (; at > 0 && column[at - 1] > value; at--) column[at] = column[at - 1];
    column[at] = value;
  }
}

/**
 * A statistic of every position's sorted values: `of(sorted, count)` for values sorted[0] ≤ … ≤ sorted[count − 1].
 * NaN where nobody sent anything.
 */
export function combineSorted(
  uploads: readonly Upload[],
  size: number,
  of: (sorted: Float64Array, count: number) => number,
): Float64Array {
  const combined = new Float64Array(size).fill(Number.NaN);
  forEachColumn(uploads, size, (p, column, count) => {
    sortFirst(column, count);
    combined[p] = of(column, count);
  });
  return combined;
}
