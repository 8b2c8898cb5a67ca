import { architectureFrom, livePositions, pack } from '@perfit/lora';
import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import { checkScores } from '../check-scores.js';
import type { Granularity } from '../contract.js';
import { nthLargest } from '../threshold.js';

/**
 * Single positions, as in the paper (arXiv 2402.16919): exactly min(keep, live) of them stay, the best by score; of
 * equal scores the lower position.
 *
 * @throws `not-a-number`, `size-mismatch`
 */
export function weight(): Granularity {
  return {
    name: 'weight',
    select: (selection) => {
      checkScores(selection);
      const { layout, scores, architecture, keep } = selection;
      if (keep >= architecture.live) return architecture;
      if (keep <= 0) return architectureFrom(layout.size, []);
      const live = pack(scores, architecture);
      const { value, equal } = nthLargest(live, keep);
      let ties = equal;
      const kept = livePositions(architecture).filter((_, i) => live[i] > value || (live[i] === value && ties-- > 0));
      return architectureFrom(layout.size, kept);
    },
  };
}

/** Registers {@link weight}. */
export const weightFactory = defineStrategy({
  kind: 'granularity',
  name: 'weight',
  summary: 'Single positions: exactly K stay.',
  optionsSchema: z.strictObject({}),
  conformance: { traits: { exact: true } },
  make: () => weight(),
});
