import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import type { PositionRule } from '../contract.js';
import { componentArchitecture } from '../ranks.js';

/** Options of {@link components}: shares of every site's rank. */
export interface ComponentsOptions {
  /** Where the components begin. Default 0. */
  readonly from?: number;
  /** Where they end. Default 1. */
  readonly to?: number;
}

/**
 * A range of every site's rank components, in every round: component k of a site of rank R where
 * round(from · R) ≤ k < round(to · R), its row of A with its column of B. So {from: 0, to: s} and {from: s, to: 1}
 * part every layout without a remainder. For methods that keep two adapters in one expanded adapter, one half of the
 * components travelling and the other personal. Ours.
 *
 * @example
 * components({ to: 0.5 }).positions(layout, 1); // of rank 16 components 0 to 7
 */
export function components({ from = 0, to = 1 }: ComponentsOptions = {}): PositionRule {
  return {
    name: 'components',
    positions: (layout) => componentArchitecture(layout, (rank) => [Math.round(from * rank), Math.round(to * rank)]),
  };
}

/** Registers {@link components}. */
export const componentsFactory = defineStrategy({
  kind: 'positions',
  name: 'components',
  summary: 'A range of every projection’s rank components, as shares of its rank.',
  optionsSchema: z
    .strictObject({ from: z.number().min(0).max(1).default(0), to: z.number().min(0).max(1).default(1) })
    .refine(({ from, to }) => from < to, { error: 'from must be below to' }),
  make: components,
});
