import { type Architecture, architectureFromBytes } from '@perfit/lora';
import type { ServerState } from './contract.js';
import { addWeighted } from './masked-sum.js';
import { stateArray } from './state-array.js';

/** Values of one client as the server holds them. */
export interface ClientVector {
  readonly client: string;
  readonly mask: Architecture;
  /** Length `mask.live`. */
  readonly values: Float32Array;
}

/** A mask with bits of its own. */
export const copyMask = (mask: Architecture): Architecture => ({ ...mask, bits: mask.bits.slice() });

/** What an update says of its client's values, in arrays of its own. */
export function copyVector({ client, mask, values }: ClientVector): ClientVector {
  return { client, mask: copyMask(mask), values: values.slice() };
}

/** Of two clients' vectors, over the positions that both hold. */
export interface Comparison {
  /** Positions that both hold, and that either holds. */
  readonly both: number;
  readonly either: number;
  /** Σ a b, Σ a², Σ b². */
  readonly dot: number;
  readonly squares: readonly [number, number];
  /** Σ a² b² */
  readonly products: number;
  /** Σ (a − b)² */
  readonly apart: number;
}

/** Walks two vectors once, in order of position. */
export function compare(a: ClientVector, b: ClientVector): Comparison {
  let [i, j, both, dot, squaresA, squaresB, products, apart] = [0, 0, 0, 0, 0, 0, 0, 0];
  for (let byte = 0; byte < a.mask.bits.length; byte++) {
    const [ofA, ofB] = [a.mask.bits[byte], b.mask.bits[byte]];
    for (let rest = ofA | ofB; rest; rest &= rest - 1) {
      const bit = rest & -rest;
      const x = ofA & bit ? a.values[i++] : 0;
      const y = ofB & bit ? b.values[j++] : 0;
      if (!(ofA & ofB & bit)) continue;
      both++;
      dot += x * y;
      squaresA += x * x;
      squaresB += y * y;
      products += x * x * y * y;
      apart += (x - y) ** 2;
    }
  }
  return { both, either: i + j - both, dot, squares: [squaresA, squaresB], products, apart };
}

/** Position by position Σ w_j θ_j / Σ w_j over the clients that hold it, and Σ w_j: 0 where nobody counts. */
export function meanOfHolders(
  vectors: readonly ClientVector[],
  weightOf: (index: number) => number,
  size: number,
): { readonly values: Float32Array; readonly weights: Float64Array } {
  const sum = new Float64Array(size);
  const weights = new Float64Array(size);
  for (const [j, { mask, values }] of vectors.entries()) {
    const weight = weightOf(j);
    if (weight > 0) addWeighted(sum, weights, mask, values, weight);
  }
  return { values: Float32Array.from(sum, (total, p) => (weights[p] > 0 ? total / weights[p] : 0)), weights };
}

const VALUES = 'values/';
const MASK = 'mask/';

/** Vectors of clients as arrays of a server state: values and mask bits, by client. */
export function clientVectorsToState(vectors: Iterable<ClientVector>): ServerState {
  return Object.fromEntries(
    [...vectors].flatMap(({ client, mask, values }) => {
      const words = new Uint32Array(Math.ceil(mask.bits.length / 4));
      new Uint8Array(words.buffer).set(mask.bits);
      return [
        [VALUES + client, values],
        [MASK + client, words],
      ];
    }),
  );
}

/**
 * Reads what {@link clientVectorsToState} wrote, sorted by client.
 *
 * @param size P
 * @throws `aggregation/bad-state`
 */
export function clientVectorsFromState(state: ServerState, size: number): readonly ClientVector[] {
  return Object.keys(state)
    .filter((name) => name.startsWith(VALUES))
    .map((name) => name.slice(VALUES.length))
    .sort()
    .map((client) => {
      const words = stateArray(state, MASK + client, 'Uint32Array', Math.ceil(size / 32));
      const mask = architectureFromBytes(size, new Uint8Array(words.buffer, words.byteOffset, Math.ceil(size / 8)));
      return { client, mask, values: stateArray(state, VALUES + client, 'Float32Array', mask.live) };
    });
}
