import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import type { Importance } from '../contract.js';
import { elementwise } from './elementwise.js';

/**
 * |w|: a control that no data enters but through training.
 */
export function magnitude(): Importance {
  return elementwise('magnitude', [], (w) => Math.abs(w));
}

/** Registers {@link magnitude}. */
export const magnitudeFactory = defineStrategy({
  kind: 'importance',
  name: 'magnitude',
  summary: '|w|, a control.',
  optionsSchema: z.strictObject({}),
  make: () => magnitude(),
});
