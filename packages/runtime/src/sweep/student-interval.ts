/// <reference path="./jstat.d.ts" />
import jstat from 'jstat';
import { mean, sampleStandardDeviation } from 'simple-statistics';

/** A figure over seeds: its mean, and the 95 % interval of the mean; none with one seed. */
export interface Spread {
  readonly mean: number;
  readonly interval: readonly [number, number] | null;
}

/**
 * Mean of n values and its 95 % interval by Student's t: x̄ ± t(0.975; n − 1) · s / √n. Null where a value is missing,
 * or where there is none.
 *
 * @example
 * studentInterval([1, 2, 3]); // { mean: 2, interval: [-0.484, 4.484] }
 */
export function studentInterval(values: readonly (number | null)[]): Spread | null {
  const known = values.filter((value) => value !== null);
  if (known.length === 0 || known.length < values.length) return null;
  const center = mean(known);
  if (known.length === 1) return { mean: center, interval: null };
  const half = (jstat.studentt.inv(0.975, known.length - 1) * sampleStandardDeviation(known)) / Math.sqrt(known.length);
  return { mean: center, interval: [center - half, center + half] };
}
