import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import type { Aggregator } from '../contract.js';
import { errors } from '../errors.js';
import { checkByzantine, type KrumOptions, krumRanking } from '../krum-ranking.js';
import { meanOf } from '../mean-of.js';
import { checkOption } from '../option-range.js';
import { robustAggregator } from '../robust.js';

/** Options of {@link multiKrum}. */
export interface MultiKrumOptions extends KrumOptions {
  /** m, the number of updates that are averaged, no more than n − f. Default n − f − 2, the most that stays resilient. */
  readonly select?: number | undefined;
}

/**
 * Multi-Krum (Blanchard et al. 2017): the m uploads with the best scores of {@link krum}, averaged over the holders of
 * each position among them. The default m = n − f − 2 is the bound of El Mhamdi et al. 2018. Masks, weights, memory and
 * state as {@link robustAggregator} has them; work grows with n² · P.
 *
 * @throws `aggregation/bad-option`; `aggregation/too-few-clients` as a round ends with n < 2f + 3 or n < m + f updates.
 */
export function multiKrum({ byzantine = 1, select, ...options }: MultiKrumOptions = {}): Aggregator {
  checkByzantine(byzantine);
  checkOption(
    'select',
    select,
    select === undefined || (Number.isSafeInteger(select) && select >= 1),
    'a whole number from 1 up',
  );
  return robustAggregator('multi-krum', options, (uploads, point) => {
    const ranking = krumRanking('multi-krum', uploads, point, byzantine);
    const n = uploads.length;
    const m = select ?? n - byzantine - 2;
    if (m > n - byzantine)
      throw errors.make('too-few-clients', {
        what: `multi-krum selects no more than n-f clients: got n=${n}, f=${byzantine}, select=${m}`,
        cure: 'Lower select or sample more clients',
      });
    return meanOf(ranking.slice(0, m), point.length);
  });
}

/** Factory of {@link multiKrum}. */
export const multiKrumFactory = defineStrategy({
  kind: 'aggregator',
  name: 'multi-krum',
  summary: 'Robust: the mean of the updates that are nearest to their neighbours; needs 2f + 3 clients a round.',
  optionsSchema: z.strictObject({
    byzantine: z.int().min(0).default(1),
    select: z.int().min(1).optional(),
    minHolders: z.int().min(1).default(1),
  }),
  conformance: { traits: { weighted: false, minimumClients: 5 } },
  make: multiKrum,
});
