import { emptyArchitecture, filterArchitecture, livePositions, pack } from '@perfit/lora';
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
      if (keep <= 0) return emptyArchitecture(layout.size);
      const live = pack(scores, architecture);
      const parts =
        within === 'site'
          ? siteShares(layout, livePositions(architecture), keep)
          : [{ start: 0, end: live.length, keep }];
      const keeps = keepsOf(live, parts);
      return filterArchitecture(architecture, (position) => keeps(scores[position]));
    },
  };
}

/** Says of the live scores in turn, which it must be asked for in their order, whether each is among the best of its part. */
function keepsOf(live: Float32Array, parts: readonly SiteShare[]): (score: number) => boolean {
  let asked = 0;
  let part = -1;
  let end = 0;
  let least = 0;
  let ties = 0;
  const enter = () => {
    const { start, end: until, keep } = parts[++part];
    end = until;
    ({ value: least, equal: ties } =
      keep > 0 ? nthLargest(live.subarray(start, end), keep) : { value: Number.POSITIVE_INFINITY, equal: 0 });
  };
  return (score) => {
    while (asked === end) enter();
    asked++;
    return score > least || (score === least && ties-- > 0);
  };
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
