import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import type { Importance } from '../contract.js';
import { elementwise } from './elementwise.js';

/**
 * |w·F·w|: the second-order term of the Taylor expansion with the empirical Fisher diagonal for the curvature (arXiv
 * 2402.16919). Unscaled, labels from the data: ours, where the paper is silent.
 */
export function second(): Importance {
  return elementwise('second', ['fisher'], (w, _, F) => Math.abs(w * F * w));
}

/** Registers {@link second}. */
export const secondFactory = defineStrategy({
  kind: 'importance',
  name: 'second',
  summary: '|w·F·w|, the second order, with the empirical Fisher diagonal.',
  optionsSchema: z.strictObject({}),
  make: () => second(),
});
