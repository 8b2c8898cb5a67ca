import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import type { PositionRule } from '../contract.js';
import { slotArchitecture } from '../slot-architecture.js';

/** Options of {@link alternate}. */
export interface AlternateOptions {
  /** The factor of the odd rounds, the first among them. Default `B`. */
  readonly first?: 'A' | 'B';
}

/**
 * One factor in odd rounds, the other in even rounds: RoLoRA (Chen et al. 2025, arXiv 2502.01755), which trains and
 * averages B over a fixed A and then A over a fixed B, so that the mean of products is the product of means. B goes
 * first, since A has no gradient while B is 0.
 *
 * @example
 * alternate().positions(layout, 1); // B
 * alternate().positions(layout, 2); // A
 */
export function alternate({ first = 'B' }: AlternateOptions = {}): PositionRule {
  const second = first === 'A' ? 'B' : 'A';
  return {
    name: 'alternate',
    positions: (layout, round) => {
      const chosen = round % 2 === 1 ? first : second;
      return slotArchitecture(layout, ({ factor }) => factor === chosen);
    },
  };
}

/** Registers {@link alternate}. */
export const alternateFactory = defineStrategy({
  kind: 'positions',
  name: 'alternate',
  summary: 'One factor in odd rounds, the other in even rounds (RoLoRA).',
  optionsSchema: z.strictObject({ first: z.enum(['A', 'B']).default('B') }),
  make: alternate,
});
