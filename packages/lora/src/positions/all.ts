import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import { fullArchitecture } from '../architecture.js';
import type { PositionRule } from '../contract.js';

/**
 * Every position, in every round.
 *
 * @example
 * all().positions(layout, 1).live; // layout.size
 */
export function all(): PositionRule {
  return { name: 'all', positions: ({ size }) => fullArchitecture(size) };
}

/** Registers {@link all}. */
export const allFactory = defineStrategy({
  kind: 'positions',
  name: 'all',
  summary: 'Every position, in every round.',
  optionsSchema: z.strictObject({}),
  make: () => all(),
});
