import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import type { Schedule } from '../contract.js';

/** All at once in the first iteration; the others only train. */
export function oneShot(): Schedule {
  return { name: 'one-shot', keep: ({ to }) => to };
}

/** Registers {@link oneShot}. */
export const oneShotFactory = defineStrategy({
  kind: 'schedule',
  name: 'one-shot',
  summary: 'All at once in the first iteration.',
  optionsSchema: z.strictObject({}),
  make: () => oneShot(),
});
