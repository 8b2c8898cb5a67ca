import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import { drawComponents, normalDraws } from '../components.js';
import type { Initialization } from '../contract.js';

/** Options of {@link gaussian}. */
export interface GaussianOptions {
  /** Standard deviation of every entry. Default 0.02. */
  readonly std?: number;
  /** Takes σBA of the start out of the frozen weights, so that training starts at the frozen model. Default false. */
  readonly subtract?: boolean;
}

/**
 * A and B from one law, N(0, std²). Without `subtract` the start disturbs the frozen model by σBA, whose entries have
 * the standard deviation σ · √R · std². Scale and option are ours.
 *
 * @example
 * gaussian({ std: 0.02, subtract: true }).initialize({ layout, random, scale: 2, frozen });
 */
export function gaussian({ std = 0.02, subtract = false }: GaussianOptions = {}): Initialization {
  return {
    name: 'gaussian',
    initialize: ({ layout, random }) => {
      const values = drawComponents(layout, random, 1, (_, draw) => {
        const normal = normalDraws(draw, std);
        return { a: normal, b: normal };
      });
      return { values, subtracted: subtract };
    },
  };
}

/** Registers {@link gaussian}. */
export const gaussianFactory = defineStrategy({
  kind: 'initialization',
  name: 'gaussian',
  summary: 'A and B from one normal law, with the option to subtract the start from the frozen model.',
  optionsSchema: z.strictObject({ std: z.number().positive().default(0.02), subtract: z.boolean().default(false) }),
  conformance: { traits: { startsAtFrozen: false } },
  make: gaussian,
});
