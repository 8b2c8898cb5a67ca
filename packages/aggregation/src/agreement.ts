import { type Architecture, expectedJaccard, intersect } from '@perfit/lora';
import { type ClientVector, compare } from './client-vectors.js';
import { type PairMeasure, pairExcess } from './pair-excess.js';

/** One client's upload of a round, as far as others are compared with it. */
export interface ComparedUpload {
  readonly architecture: Architecture;
  /** Its values minus those that it started from, where these are known. */
  readonly change: ClientVector;
}

/**
 * How much the uploads of a round agree pair by pair, `[n, n]`, symmetric, 0 on the diagonal: the mean of two excesses
 * (see {@link pairExcess}), of the changes' cosines with weight 1 − masks and of the masks' Jaccard index above chance
 * with weight `masks`. Of a measure by which the pairs differ no more than chance lets them nothing is taken; 0 is what is
 * left if that is both.
 *
 * @returns undefined of fewer than three uploads: one pair cannot be told from its own mean.
 */
export function agreement(uploads: readonly ComparedUpload[], masks: number): Float64Array | undefined {
  const n = uploads.length;
  if (n < 3) return undefined;
  const pairs = uploads.flatMap((_, i) => Array.from({ length: i }, (__, j) => [i, j] as const));
  const terms = [
    { share: 1 - masks, excess: pairExcess(pairs.map(([i, j]) => cosine(uploads[i].change, uploads[j].change))) },
    {
      share: masks,
      excess: pairExcess(pairs.map(([i, j]) => overlap(uploads[i].architecture, uploads[j].architecture))),
    },
  ].filter(({ share, excess }) => share > 0 && excess);
  const total = terms.reduce((sum, { share }) => sum + share, 0);
  const matrix = new Float64Array(n * n);
  for (const [at, [i, j]] of pairs.entries()) {
    const value = terms.reduce((sum, { share, excess }) => sum + (share / total) * excess![at], 0);
    matrix[i * n + j] = value;
    matrix[j * n + i] = value;
  }
  return matrix;
}

/** Over the positions of both; chance: Σ a²b² / (Σ a² Σ b²), the variance for independent entries of mean 0. */
function cosine(a: ClientVector, b: ClientVector): PairMeasure | undefined {
  const { dot, squares, products } = compare(a, b);
  const scale = squares[0] * squares[1];
  return scale > 0 ? { value: dot / Math.sqrt(scale), noise: products / scale } : undefined;
}

/** (J − J₀) / (1 − J₀), J₀ what random masks of these densities have; its variance that of J over independent positions. */
function overlap(a: Architecture, b: Architecture): PairMeasure | undefined {
  const both = intersect(a, b).live;
  const either = a.live + b.live - both;
  const chance = expectedJaccard(a.live / a.size, b.live / b.size);
  if (either === 0 || chance >= 1) return undefined;
  const found = both / either;
  return { value: (found - chance) / (1 - chance), noise: (found * (1 - found)) / either / (1 - chance) ** 2 };
}
