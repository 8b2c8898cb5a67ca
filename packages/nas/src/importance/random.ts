import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import type { Importance } from '../contract.js';

/** Scores from (0, 1] that know nothing: the control without which no gain is attributed to the search. */
export function random(): Importance {
  return {
    name: 'random',
    needs: [],
    score: ({ layout, random: draw }) => Float32Array.from({ length: layout.size }, () => 1 - draw()),
  };
}

/** Registers {@link random}. */
export const randomFactory = defineStrategy({
  kind: 'importance',
  name: 'random',
  summary: 'Uniform random scores, a control.',
  optionsSchema: z.strictObject({}),
  make: () => random(),
});
