import type { Architecture } from '@perfit/lora';
import { addScaled } from './masked-sum.js';

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
  const sum = new Float64Array(before.length);
  const sent = new Uint8Array(Math.ceil(before.length / 8));
  let total = 0;
  return {
    add: (mask, values, weight) => {
      for (let byte = 0; byte < sent.length; byte++) sent[byte] |= mask.bits[byte];
      addScaled(sum, mask, values, weight);
      total += weight;
    },
    mean: () => before.map((value, p) => ((sent[p >> 3] >> (p & 7)) & 1 ? sum[p] / total : value)),
  };
}
