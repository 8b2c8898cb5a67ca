import { architectureFrom, livePositions } from '@perfit/lora';
import type { Granularity } from '@perfit/nas';
import { defineErrors, defineStrategy } from '@perfit/strategy';
import { z } from 'zod';

const errors = defineErrors('template-name', { 'not-a-number': 'A score is NaN.' });

/**
 * Single positions: the `keep` best live ones by score, ties to the lower position. For coarser units score each unit,
 * and keep the most that fit into `keep` positions.
 *
 * @throws `template-name/not-a-number`.
 */
export function templateName(): Granularity {
  return {
    name: 'template-name',
    select: ({ layout, scores, architecture, keep }) => {
      const live = [...livePositions(architecture)];
      const broken = live.find((position) => Number.isNaN(scores[position]));
      if (broken !== undefined)
        throw errors.make('not-a-number', {
          what: `the score of position ${broken} is NaN`,
          cure: 'Lower the learning rate, or use another importance',
        });
      const best = live.sort((a, b) => scores[b] - scores[a] || a - b).slice(0, keep);
      return architectureFrom(layout.size, best);
    },
  };
}

/** `template-name` in a configuration. */
export const templateNameFactory = defineStrategy({
  kind: 'granularity',
  name: 'template-name',
  summary: 'Single positions, the best by score.',
  optionsSchema: z.strictObject({}),
  // Its suite then asks for exactly `keep` positions; leave it out for units of several.
  conformance: { traits: { exact: true } },
  make: () => templateName(),
});
