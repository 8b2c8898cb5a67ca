import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import { combineSorted } from '../columns.js';
import type { Aggregator } from '../contract.js';
import { checkOption } from '../option-range.js';
import { type RobustOptions, robustAggregator } from '../robust.js';

/** Options of {@link trimmedMean}. */
export interface TrimmedMeanOptions extends RobustOptions {
  /** Share of the holders that is left out at either end, below 0.5; or a number of holders, from 1 up. Default 0.1. */
  readonly trim?: number;
}

/**
 * Coordinate-wise trimmed mean (Yin et al. 2018): of the h values of a position, sorted, the k largest and the k
 * smallest are left out, and g[p] is the mean of the rest; k = ⌊trim · h⌋ of a share.
 *
 * Ours: a share above 0 trims at least one, since 0.1 of fewer than ten holders would be nobody; and never so many that
 * nothing is left: of few holders the median remains. Masks, weights, memory and state as {@link robustAggregator} has
 * them.
 *
 * @throws `aggregation/bad-option`
 */
export function trimmedMean({ trim = 0.1, ...options }: TrimmedMeanOptions = {}): Aggregator {
  const valid = (trim >= 0 && trim < 0.5) || (trim >= 1 && Number.isSafeInteger(trim));
  checkOption('trim', trim, valid, 'a share from 0 up to, not including, 0.5, or a whole number from 1 up');
  return robustAggregator('trimmed-mean', options, (uploads, { length }) =>
    combineSorted(uploads, length, (sorted, count) => {
      // 0.29 · 100 is 28.999…
      const due = trim >= 1 ? trim : trim > 0 ? Math.max(1, Math.floor(trim * count + 1e-9)) : 0;
      const cut = Math.min(due, (count - 1) >> 1);
      let sum = 0;
      for (let k = cut; k < count - cut; k++) sum += sorted[k];
      return sum / (count - 2 * cut);
    }),
  );
}

/** Factory of {@link trimmedMean}. */
export const trimmedMeanFactory = defineStrategy({
  kind: 'aggregator',
  name: 'trimmed-mean',
  summary: 'Robust: the mean of each position over its holders without the largest and smallest values, unweighted.',
  optionsSchema: z.strictObject({
    trim: z.union([z.number().min(0).lt(0.5), z.int().min(1)]).default(0.1),
    minHolders: z.int().min(1).default(1),
  }),
  conformance: { traits: { weighted: false } },
  make: trimmedMean,
});
