import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import type { Importance } from '../contract.js';
import { elementwise } from './elementwise.js';

/**
 * |w·g|: the change of the loss when w becomes 0, to first order of its Taylor expansion (arXiv 2402.16919).
 */
export function first(): Importance {
  return elementwise('first', ['gradient'], (w, g) => Math.abs(w * g));
}

/** Registers {@link first}. */
export const firstFactory = defineStrategy({
  kind: 'importance',
  name: 'first',
  summary: '|w·g|, the first order of the Taylor expansion.',
  optionsSchema: z.strictObject({}),
  make: () => first(),
});
