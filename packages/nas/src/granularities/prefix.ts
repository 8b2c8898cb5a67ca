import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import { checkScores } from '../check-scores.js';
import type { Granularity } from '../contract.js';
import { layersOf, liveFrom, upperPart } from '../layers.js';

/**
 * The adapters below a layer d as one block that is pruned, whole layers kept from d on: the lowest d whose layers fit
 * into `keep`. Over a search the pruned prefix grows; about the upper L/e layers keep their dense expanded adapters.
 * Nothing is left below d, so that a backward pass may end there, and the hidden states at d never change. Ours.
 *
 * Scores choose nothing here: scores are ≥ 0, so of the depths that fit the lowest also keeps the highest sum. All
 * clients of one budget therefore share one architecture. `prefix-weight` is the one whose depth depends on the data.
 *
 * @throws `not-a-number`, `size-mismatch`
 */
export function prefix(): Granularity {
  return {
    name: 'prefix',
    components: true,
    select: (selection) => {
      checkScores(selection);
      const { layout, architecture, keep } = selection;
      const layers = layersOf(layout);
      const depth = liveFrom(architecture, layers).findIndex((live) => live <= keep);
      return upperPart(architecture, layers, depth);
    },
  };
}

/** Registers {@link prefix}. */
export const prefixFactory = defineStrategy({
  kind: 'granularity',
  name: 'prefix',
  summary: 'Whole upper layers: nothing is left below a depth, where a backward pass may end.',
  optionsSchema: z.strictObject({}),
  make: () => prefix(),
});
