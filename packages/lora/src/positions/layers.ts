import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import type { Layout, PositionRule } from '../contract.js';
import { slotArchitecture } from '../slot-architecture.js';

/** Options of {@link layers}: a share, or layer numbers. */
export interface LayersOptions {
  /** The upper share of the layers that have adapters, rounded to whole layers. Default ½ where no layer is named. */
  readonly share?: number | undefined;
  /** First layer. Default 0. */
  readonly from?: number | undefined;
  /** The layer after the last. Default: no bound. */
  readonly to?: number | undefined;
}

/** The lowest of the upper ⌊share · n + ½⌋ of the n layers that a layout adapts. */
function lowestOf({ sites }: Layout, share: number): number {
  const adapted = [...new Set(sites.map(({ layer }) => layer))].sort((a, b) => a - b);
  return adapted[adapted.length - Math.round(share * adapted.length)] ?? Number.POSITIVE_INFINITY;
}

/**
 * Every position of some layers, in every round. The upper half as a travel mask is LG-FedAvg (Liang et al. 2020,
 * arXiv 2001.01523) on adapters: local representations below, a common model above. Where the cut lies is ours.
 *
 * @example
 * layers({ share: 0.5 }).positions(layout, 1); // of 30 layers 15 to 29
 * layers({ from: 0, to: 10 }).positions(layout, 1); // layers 0 to 9
 */
export function layers({ share, from, to }: LayersOptions = {}): PositionRule {
  const upper = share ?? (from === undefined && to === undefined ? 0.5 : undefined);
  return {
    name: 'layers',
    positions: (layout) => {
      const lowest = upper === undefined ? (from ?? 0) : lowestOf(layout, upper);
      return slotArchitecture(layout, ({ site: { layer } }) => layer >= lowest && layer < (to ?? Infinity));
    },
  };
}

/** Registers {@link layers}. */
export const layersFactory = defineStrategy({
  kind: 'positions',
  name: 'layers',
  summary: 'Every position of the upper share of the layers, or of layers by number.',
  optionsSchema: z
    .strictObject({
      share: z.number().gt(0).max(1).optional(),
      from: z.int().nonnegative().optional(),
      to: z.int().positive().optional(),
    })
    .refine(({ share, from, to }) => share === undefined || (from === undefined && to === undefined), {
      error: 'give share, or from and to, not both',
    })
    .refine(({ from = 0, to = Infinity }) => from < to, { error: 'from must be below to' }),
  make: layers,
});
