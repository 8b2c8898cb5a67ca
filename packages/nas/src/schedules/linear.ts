import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import type { Schedule } from '../contract.js';

/** The same number of positions goes in every iteration: to + (from − to)(1 − i/n), rounded. */
export function linear(): Schedule {
  return {
    name: 'linear',
    keep: ({ iteration, iterations, from, to }) => Math.round(to + (from - to) * (1 - iteration / iterations)),
  };
}

/** Registers {@link linear}. */
export const linearFactory = defineStrategy({
  kind: 'schedule',
  name: 'linear',
  summary: 'The same number goes in every iteration.',
  optionsSchema: z.strictObject({}),
  make: () => linear(),
});
