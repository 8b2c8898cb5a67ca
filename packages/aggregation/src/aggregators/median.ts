import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import { combineSorted } from '../columns.js';
import type { Aggregator } from '../contract.js';
import { type RobustOptions, robustAggregator } from '../robust.js';

/**
 * Coordinate-wise median (Yin et al. 2018): g[p] = median of θ_i[p] over the holders of p among this round's uploads;
 * of an even number the mean of the middle two. Stays inside of the honest values wherever fewer than half of the
 * holders are Byzantine. Masks, weights, memory and state as {@link robustAggregator} has them.
 *
 * @throws `aggregation/bad-option`
 */
export function median(options: RobustOptions = {}): Aggregator {
  return robustAggregator('median', options, (uploads, { length }) =>
    combineSorted(uploads, length, (sorted, count) => (sorted[(count - 1) >> 1] + sorted[count >> 1]) / 2),
  );
}

/** Factory of {@link median}. */
export const medianFactory = defineStrategy({
  kind: 'aggregator',
  name: 'median',
  summary: 'Robust: the median of each position over its holders, unweighted.',
  optionsSchema: z.strictObject({ minHolders: z.int().min(1).default(1) }),
  conformance: { traits: { weighted: false } },
  make: median,
});
