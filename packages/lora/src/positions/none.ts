import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import { emptyArchitecture } from '../architecture.js';
import type { PositionRule } from '../contract.js';

/**
 * No position, in any round: as a travel mask, a client that keeps everything to itself.
 *
 * @example
 * none().positions(layout, 1).live; // 0
 */
export function none(): PositionRule {
  return { name: 'none', positions: ({ size }) => emptyArchitecture(size) };
}

/** Registers {@link none}. */
export const noneFactory = defineStrategy({
  kind: 'positions',
  name: 'none',
  summary: 'No position, in any round.',
  optionsSchema: z.strictObject({}),
  make: () => none(),
});
