import type { Architecture } from '@perfit/lora';
import { maskedCount } from './masked-count.js';
import { maskedSum } from './masked-sum.js';

/** A weighted mean over a round's updates as it is summed up, in f64. */
export interface ZeroPaddedMean {
  readonly add: (mask: Architecture, values: Float32Array, weight: number) => void;
  /** The mean so far `[P]`. */
  readonly mean: () => Float32Array;
}

/**
 * Σ w θ / Σ w where a position that an update does not carry counts as 0, as clients of a smaller rank are padded; one
 * that no update carries keeps what it was.
 *
 * @param before what it was `[P]`; borrowed.
 */
export function zeroPaddedMean(before: Float32Array): ZeroPaddedMean {
  const sum = maskedSum(before.length);
  const sent = maskedCount(before.length);
  let total = 0;
  return {
    add: (mask, values, weight) => {
      sent.add(mask, 1);
      sum.stage(values);
      sum.add(mask, weight);
      total += weight;
    },
    mean: () => {
      const [sums, senders] = [sum.read(), sent.read()];
      const mean = before.slice();
      for (let p = 0; p < mean.length; p++) if (senders[p] > 0) mean[p] = sums[p] / total;
      return mean;
    },
  };
}
