import { architectureFrom, livePositions, pack } from '@perfit/lora';
import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import type { Granularity } from '../contract.js';
import { errors } from '../errors.js';
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
    select: ({ layout, scores, architecture, keep }) => {
      if (scores.length !== layout.size)
        throw errors.make('size-mismatch', {
          what: `there are ${scores.length} scores for a layout of ${layout.size}`,
          cure: 'Score every position',
        });
      const positions = livePositions(architecture);
      const live = pack(scores, architecture);
      const nan = live.findIndex(Number.isNaN);
      if (nan >= 0)
        throw errors.make('not-a-number', {
          what: `the score of position ${positions[nan]} is NaN`,
          cure: 'The training diverged: lower the learning rate',
        });
      if (keep >= architecture.live) return architecture;
      if (keep <= 0) return architectureFrom(layout.size, []);
      const { value, equal } = nthLargest(live, keep);
      let ties = equal;
      const kept = positions.filter((_, i) => live[i] > value || (live[i] === value && ties-- > 0));
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
  make: () => weight(),
});
