import { addWeighted } from './masked-sum.js';
import type { Upload } from './robust.js';

/** The plain mean of every position over its holders `[P]`; NaN where there is none. */
export function meanOf(uploads: readonly Upload[], size: number): Float64Array {
  const sum = new Float64Array(size);
  const count = new Float64Array(size);
  for (const { mask, values } of uploads) addWeighted(sum, count, mask, values, 1);
  return sum.map((value, p) => value / count[p]);
}
