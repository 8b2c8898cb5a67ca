import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import type { Schedule } from '../contract.js';

/** Much early, little late: to + (from − to)(1 − i/n)³, rounded (Zhu & Gupta 2017). */
export function cubic(): Schedule {
  return {
    name: 'cubic',
    keep: ({ iteration, iterations, from, to }) => Math.round(to + (from - to) * (1 - iteration / iterations) ** 3),
  };
}

/** Registers {@link cubic}. */
export const cubicFactory = defineStrategy({
  kind: 'schedule',
  name: 'cubic',
  summary: 'Much early, little late (Zhu & Gupta 2017).',
  optionsSchema: z.strictObject({}),
  make: () => cubic(),
});
