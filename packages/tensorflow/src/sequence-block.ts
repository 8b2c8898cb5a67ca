import type { Tensor } from './contract.js';
import type { Primitives } from './primitives.js';
import { longestSequence } from './shapes.js';

/** S sequences that lie end to end as a block of T rows each, T the longest: for operations that know blocks only. */
export interface SequenceBlock {
  /** S */
  readonly sequences: number;
  /** T */
  readonly length: number;
  /** `[N, W]` → `[S · T, W]`, zeros below the shorter sequences. `keep` receives what is made. */
  readonly spread: (x: Tensor, keep: (x: Tensor) => Tensor) => Tensor;
  /** `[S · T, W]` → `[N, W]`. */
  readonly gather: (x: Tensor, keep: (x: Tensor) => Tensor) => Tensor;
}

/** The block of sequences that start at `starts` `[S + 1]`. */
export function sequenceBlock(e: Primitives, starts: Int32Array): SequenceBlock {
  const sequences = starts.length - 1;
  const tokens = starts[sequences];
  const length = longestSequence(starts);
  // The token after the last one is a row of zeros.
  const tokenAt = new Int32Array(sequences * length).fill(tokens);
  const placeOf = new Int32Array(tokens);
  for (let s = 0; s < sequences; s++)
    for (let token = starts[s]; token < starts[s + 1]; token++) {
      placeOf[token] = s * length + token - starts[s];
      tokenAt[placeOf[token]] = token;
    }
  const whole = tokens === sequences * length;
  const rows = (x: Tensor, indices: Int32Array, keep: (x: Tensor) => Tensor) =>
    keep(e.gather(x, keep(e.upload(indices, [indices.length]))));
  return {
    sequences,
    length,
    spread: (x, keep) => {
      if (whole) return x;
      const padded = e.pad(x, [
        [0, 1],
        [0, 0],
      ]);
      return rows(keep(padded), tokenAt, keep);
    },
    gather: (x, keep) => (whole ? x : rows(x, placeOf, keep)),
  };
}
