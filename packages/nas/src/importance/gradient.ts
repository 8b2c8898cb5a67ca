import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import type { Importance } from '../contract.js';
import { elementwise } from './elementwise.js';

/**
 * |g|: a control that ignores the weight.
 */
export function gradient(): Importance {
  return elementwise('gradient', ['gradient'], (_, g) => Math.abs(g));
}

/** Registers {@link gradient}. */
export const gradientFactory = defineStrategy({
  kind: 'importance',
  name: 'gradient',
  summary: '|g|, a control.',
  optionsSchema: z.strictObject({}),
  make: () => gradient(),
});
