import { type Layout, slotsBySite } from '@perfit/lora';
import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import type { Granularity } from '../contract.js';
import { keepUnits, type Units } from '../keep-units.js';
import { type Within, within } from '../site-shares.js';

/** Component k of a site: row k of A `[R, in]` with column k of B `[out, R]`. */
function components(layout: Layout): Units {
  const of = new Uint32Array(layout.size);
  const sites: number[] = [];
  let count = 0;
  for (const [site, { A, B }] of slotsBySite(layout).entries()) {
    for (let k = 0; k < A.rows; k++) {
      sites.push(site);
      of.fill(count + k, A.offset + k * A.columns, A.offset + (k + 1) * A.columns);
    }
    for (let i = 0; i < B.size; i++) of[B.offset + i] = count + (i % B.columns);
    count += A.rows;
  }
  return { of, count, site: Uint32Array.from(sites) };
}

/** Options of {@link rank}. */
export interface RankOptions {
  /** Over what components compete: the whole model, or each site for itself, so that all keep one rank. Default `model`. */
  readonly within?: Within;
}

/**
 * Whole rank components, a row of A with its column of B, over all sites: the best by mean score, the most that fit
 * into `keep`. So every site ends with a rank of its own, and `compactRanks` makes an adapter of just the live
 * positions with the same product: unlike single positions it saves compute. The cut is that of AdaLoRA (Zhang et al.
 * 2023), which adds the means over the row and over the column; the one mean over both is ours. Within sites (ours) every
 * site keeps its share: the few steps before a pruning tell well which components of a site to keep, and badly which sites
 * will matter later.
 *
 * @throws `not-a-number`, `size-mismatch`
 */
export function rank({ within = 'model' }: RankOptions = {}): Granularity {
  return {
    name: 'rank',
    components: true,
    select: (selection) => keepUnits(selection, components(selection.layout), within),
  };
}

/** Registers {@link rank}. */
export const rankFactory = defineStrategy({
  kind: 'granularity',
  name: 'rank',
  summary: 'Rank components, a row of A with its column of B: compacts to a smaller adapter.',
  optionsSchema: z.strictObject({ within }),
  make: rank,
});
