import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import { drawComponents } from '../components.js';
import type { Initialization } from '../contract.js';
import { errors } from '../errors.js';

/** Options of {@link symmetric}. */
export interface SymmetricOptions {
  /** Bound of B's entries in units of 1/√out; 1 balances the norms of a component's two factors. Default 1. */
  readonly spread?: number;
}

/**
 * Mirrored twins, interleaved: A[2k] = A[2k+1], B[:, 2k] = −B[:, 2k+1]. BA = 0, so training starts at the frozen
 * model, and every entry is other than 0, so no Taylor score vanishes.
 *
 * The paper (arXiv 2402.16919) asks for a symmetric start against Measurement Vanishing; this exact law and the scales
 * are ours. A ~ U(−1/√in, 1/√in), as PEFT's A (Kaiming-uniform, a = √5). B ~ U(−s/√out, s/√out) with s = `spread`:
 * the same law read from the output's side, so that at s = 1 a component's row of A and column of B have equal
 * expected norms, and so do their gradients' scales.
 *
 * @throws `odd-rank`
 * @example
 * symmetric().initialize({ layout, random, scale: 2, frozen });
 */
export function symmetric({ spread = 1 }: SymmetricOptions = {}): Initialization {
  return {
    name: 'symmetric',
    initialize: ({ layout, random }) => {
      const odd = layout.slots.find(({ factor, rows }) => factor === 'A' && rows % 2 === 1);
      if (odd)
        throw errors.make('odd-rank', {
          what: `the symmetric start pairs ranks, and "${odd.site.name}" has rank ${odd.rows}`,
          cure: 'Choose rank and expansion so that rank · expansion is even',
        });
      const values = drawComponents(layout, random, 2, (site, draw) => {
        const boundA = 1 / Math.sqrt(site.in);
        const boundB = spread / Math.sqrt(site.out);
        return { a: () => boundA * draw(), b: () => boundB * draw() };
      });
      return { values, subtracted: false };
    },
  };
}

/** Registers {@link symmetric}. */
export const symmetricFactory = defineStrategy({
  kind: 'initialization',
  name: 'symmetric',
  summary: 'Mirrored twins whose product is 0 while no entry is: no score vanishes.',
  optionsSchema: z.strictObject({ spread: z.number().positive().default(1) }),
  make: symmetric,
});
