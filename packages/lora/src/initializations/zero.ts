import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import { drawComponents } from '../components.js';
import type { Initialization } from '../contract.js';

/**
 * LoRA's own start (Hu et al. 2021, as PEFT draws it): A ~ U(−1/√in, 1/√in), which is Kaiming-uniform with a = √5, and
 * B = 0. Every Taylor score of it is exactly 0: B's by w = 0, A's by g = 0.
 *
 * @example
 * zero().initialize({ layout, random, scale: 2, frozen });
 */
export function zero(): Initialization {
  return {
    name: 'zero',
    initialize: ({ layout, random }) => {
      const values = drawComponents(layout, random, 1, (site, draw) => {
        const bound = 1 / Math.sqrt(site.in);
        return { a: () => bound * draw(), b: () => 0 };
      });
      return { values, subtracted: false };
    },
  };
}

/** Registers {@link zero}. */
export const zeroFactory = defineStrategy({
  kind: 'initialization',
  name: 'zero',
  summary: 'LoRA’s own: A Kaiming-uniform, B = 0. Taylor scores vanish.',
  optionsSchema: z.strictObject({}),
  make: () => zero(),
});
