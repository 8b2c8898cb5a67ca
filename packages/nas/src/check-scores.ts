import { isLive } from '@perfit/lora';
import type { Granularity } from './contract.js';
import { errors } from './errors.js';

/** What a granularity selects from. */
export type Selection = Parameters<Granularity['select']>[0];

/**
 * Refuses scores of another size than the layout's, and NaN at a live position.
 *
 * @throws `size-mismatch`, `not-a-number`
 */
export function checkScores({ layout, scores, architecture }: Selection): void {
  if (scores.length !== layout.size)
    throw errors.make('size-mismatch', {
      what: `there are ${scores.length} scores for a layout of ${layout.size}`,
      cure: 'Score every position',
    });
  for (let position = 0; position < scores.length; position++)
    if (Number.isNaN(scores[position]) && isLive(architecture, position))
      throw errors.make('not-a-number', {
        what: `the score of position ${position} is NaN`,
        cure: 'The training diverged: lower the learning rate',
      });
}
