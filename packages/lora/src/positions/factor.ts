import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import type { PositionRule } from '../contract.js';
import { slotArchitecture } from '../slot-architecture.js';

/** Options of {@link factor}. */
export interface FactorOptions {
  /** `A` `[R, in]` or `B` `[out, R]`. */
  readonly factor: 'A' | 'B';
}

/**
 * One factor of every site, in every round. FFA-LoRA (Sun et al. 2024) trains and sends B over a fixed common A;
 * FedSA-LoRA (Guo et al. 2025) trains both and sends A.
 *
 * @example
 * factor({ factor: 'B' }).positions(layout, 1);
 */
export function factor({ factor: chosen }: FactorOptions): PositionRule {
  return { name: 'factor', positions: (layout) => slotArchitecture(layout, (slot) => slot.factor === chosen) };
}

/** Registers {@link factor}. */
export const factorFactory = defineStrategy({
  kind: 'positions',
  name: 'factor',
  summary: 'One factor of every projection, A or B.',
  optionsSchema: z.strictObject({ factor: z.enum(['A', 'B']) }),
  conformance: { options: { factor: 'A' } },
  make: factor,
});
