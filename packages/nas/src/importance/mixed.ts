import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import type { Importance } from '../contract.js';
import { elementwise } from './elementwise.js';

/**
 * |w·g − ½·w·F·w|: both orders of the Taylor expansion (arXiv 2402.16919), with the empirical Fisher diagonal.
 */
export function mixed(): Importance {
  return elementwise('mixed', ['gradient', 'fisher'], (w, g, F) => Math.abs(w * g - 0.5 * w * F * w));
}

/** Registers {@link mixed}. */
export const mixedFactory = defineStrategy({
  kind: 'importance',
  name: 'mixed',
  summary: '|w·g − ½·w·F·w|, both orders.',
  optionsSchema: z.strictObject({}),
  make: () => mixed(),
});
