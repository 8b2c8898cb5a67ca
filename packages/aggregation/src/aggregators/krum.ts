import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import type { Aggregator } from '../contract.js';
import { checkByzantine, type KrumOptions, krumRanking } from '../krum-ranking.js';
import { meanOf } from '../mean-of.js';
import { robustAggregator } from '../robust.js';

/**
 * Krum (Blanchard et al. 2017): g becomes the upload with the smallest sum of squared distances to its n − f − 2
 * nearest others, where that client sent something. Distances are over the union of two masks, an unsent position
 * counting as the server's g. Equal scores go by the client's name (ours). Masks, weights, memory and state as
 * {@link robustAggregator} has them; work grows with n² · P.
 *
 * @throws `aggregation/bad-option`; `aggregation/too-few-clients` as a round ends with n < 2f + 3 updates.
 */
export function krum({ byzantine = 1, ...options }: KrumOptions = {}): Aggregator {
  checkByzantine(byzantine);
  return robustAggregator('krum', options, (uploads, point) =>
    meanOf(krumRanking('krum', uploads, point, byzantine).slice(0, 1), point.length),
  );
}

/** Factory of {@link krum}. */
export const krumFactory = defineStrategy({
  kind: 'aggregator',
  name: 'krum',
  summary: 'Robust: the one update that is nearest to its neighbours; needs 2f + 3 clients a round.',
  optionsSchema: z.strictObject({
    byzantine: z.int().min(0).default(1),
    minHolders: z.int().min(1).default(1),
  }),
  conformance: { traits: { weighted: false, minimumClients: 5 } },
  make: krum,
});
