import { architectureFrom, livePositions, pack } from '@perfit/lora';
import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import { checkScores } from '../check-scores.js';
import type { Granularity } from '../contract.js';
import { type SiteShare, siteShares, type Within, within } from '../site-shares.js';
import { nthLargest } from '../threshold.js';

/** Options of {@link weight}. */
export interface WeightOptions {
  /** Over what positions compete: the whole model, as in the paper, or each site for itself (ours). Default `model`. */
  readonly within?: Within;
}

/**
 * Single positions, as in the paper (arXiv 2402.16919): exactly min(keep, live) of them stay, the best by score; of
 * equal scores the lower position. Within sites every site keeps its share of them, by the size of what it has left, so
 * that none dries up early because others matter first.
 *
 * @throws `not-a-number`, `size-mismatch`
 */
export function weight({ within = 'model' }: WeightOptions = {}): Granularity {
  return {
    name: 'weight',
    select: (selection) => {
      checkScores(selection);
      const { layout, scores, architecture, keep } = selection;
      if (keep >= architecture.live) return architecture;
      if (keep <= 0) return architectureFrom(layout.size, []);
      const positions = livePositions(architecture);
      const live = pack(scores, architecture);
      const parts = within === 'site' ? siteShares(layout, positions, keep) : [{ start: 0, end: live.length, keep }];
      const kept = new Uint32Array(keep);
      let filled = 0;
      for (const part of parts) {
        kept.set(best(positions, live, part), filled);
        filled += part.keep;
      }
      return architectureFrom(layout.size, kept);
    },
  };
}

/** The best positions of a range, in order. */
function best(positions: Uint32Array, scores: Float32Array, { start, end, keep }: SiteShare): Uint32Array {
  if (keep === 0) return positions.subarray(start, start);
  const { value, equal } = nthLargest(scores.subarray(start, end), keep);
  let ties = equal;
  return positions
    .subarray(start, end)
    .filter((_, i) => scores[start + i] > value || (scores[start + i] === value && ties-- > 0));
}

/** Registers {@link weight}. */
export const weightFactory = defineStrategy({
  kind: 'granularity',
  name: 'weight',
  summary: 'Single positions: exactly K stay.',
  optionsSchema: z.strictObject({ within }),
  conformance: { traits: { exact: true } },
  make: weight,
});
