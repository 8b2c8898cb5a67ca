import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import type { Schedule } from '../contract.js';

/** The same share of what is left goes in every iteration: from · (to/from)^(i/n), rounded. */
export function geometric(): Schedule {
  return {
    name: 'geometric',
    keep: ({ iteration, iterations, from, to }) =>
      iteration === iterations ? to : Math.round(from * (to / from) ** (iteration / iterations)),
  };
}

/** Registers {@link geometric}. */
export const geometricFactory = defineStrategy({
  kind: 'schedule',
  name: 'geometric',
  summary: 'The same share of what is left goes in every iteration.',
  optionsSchema: z.strictObject({}),
  make: () => geometric(),
});
