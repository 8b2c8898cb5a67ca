import { forEachColumn } from './columns.js';
import { errors } from './errors.js';
import { checkOption } from './option-range.js';
import type { RobustOptions, Upload } from './robust.js';

/** Options of {@link krum}. */
export interface KrumOptions extends RobustOptions {
  /** f, the number of Byzantine clients in a round that is guarded against. Default 1. */
  readonly byzantine?: number;
}

/** @throws `aggregation/bad-option` unless f is a whole number from 0 up. */
export const checkByzantine = (f: number): void =>
  checkOption('byzantine', f, Number.isSafeInteger(f) && f >= 0, 'a whole number from 0 up');

/**
 * The uploads by Krum's score (Blanchard et al. 2017), best first: of every client the sum of squared distances to its
 * n − f − 2 nearest others. Equal scores go by the client's name (ours: the paper leaves it open).
 *
 * @param name the rule, for the error.
 * @throws `aggregation/too-few-clients` unless n ≥ 2f + 3.
 */
export function krumRanking(
  name: string,
  uploads: readonly Upload[],
  point: Float32Array,
  f: number,
): readonly Upload[] {
  const n = uploads.length;
  if (n < 2 * f + 3)
    throw errors.make('too-few-clients', {
      what: `${name} needs at least 2f+3 clients: got n=${n}, f=${f}`,
      cure: 'Lower f or sample more clients',
    });
  const distances = squaredDistances(uploads, point);
  const scored = uploads.map((upload, i) => {
    const others = distances.slice(i * n, (i + 1) * n);
    others[i] = Number.POSITIVE_INFINITY;
    others.sort();
    return { upload, score: others.subarray(0, n - f - 2).reduce((sum, distance) => sum + distance, 0) };
  });
  return scored.sort((a, b) => a.score - b.score).map(({ upload }) => upload);
}

/** ‖θ_i − θ_j‖² `[n, n]`, where a client that did not send p stands at g[p]. */
function squaredDistances(uploads: readonly Upload[], point: Float32Array): Float64Array {
  const n = uploads.length;
  const distances = new Float64Array(n * n);
  const change = new Float64Array(n);
  forEachColumn(uploads, point.length, (p, column, count, who) => {
    change.fill(0);
    for (let k = 0; k < count; k++) change[who[k]] = column[k] - point[p];
    for (let i = 1; i < n; i++) for (let j = 0; j < i; j++) distances[i * n + j] += (change[i] - change[j]) ** 2;
  });
  for (let i = 1; i < n; i++) for (let j = 0; j < i; j++) distances[j * n + i] = distances[i * n + j];
  return distances;
}
