import type { Upload } from './robust.js';

/**
 * Walks the positions that anyone sent, in order, and gives each with its holders: `column[k]` is what upload `who[k]`
 * says of p, for k below `count`, in the order of the uploads. The arrays are used again for the next position, and may
 * be reordered by `visit`.
 */
export function forEachColumn(
  uploads: readonly Upload[],
  size: number,
  visit: (p: number, column: Float64Array, count: number, who: Uint32Array) => void,
): void {
  const column = new Float64Array(uploads.length);
  const who = new Uint32Array(uploads.length);
  const next = new Uint32Array(uploads.length);
  for (let byte = 0; byte * 8 < size; byte++)
    for (let bit = 0; bit < 8; bit++) {
      let count = 0;
      for (let i = 0; i < uploads.length; i++)
        if (uploads[i].mask.bits[byte] & (1 << bit)) {
          column[count] = uploads[i].values[next[i]++];
          who[count++] = i;
        }
      if (count > 0) visit(byte * 8 + bit, column, count, who);
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
    // By insertion: a round's clients are few, and a native sort of a few numbers takes longer.
    for (let k = 1; k < count; k++) {
      const value = column[k];
      let at = k;
      for (; at > 0 && column[at - 1] > value; at--) column[at] = column[at - 1];
      column[at] = value;
    }
    combined[p] = of(column, count);
  });
  return combined;
}
