import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import { writeComponent } from '../components.js';
import type { Initialization } from '../contract.js';
import { errors } from '../errors.js';
import { frozenWeight } from '../frozen-weight.js';
import { slotsBySite } from '../layout.js';
import { principalComponents } from '../principal-components.js';

/**
 * PiSSA (Meng et al. 2024, arXiv 2404.02948, as PEFT computes it): the R largest singular values of W = U S Vᵀ with
 * their vectors, A = √(S/σ) Vᵀ and B = U √(S/σ), so that σBA is W's best approximation of rank R. It is taken out of
 * the frozen weight, and training starts at the frozen model.
 *
 * Signs and bits are decided by the weight alone; a smaller rank is a prefix of a larger one to f32 rounding. Singular
 * values are within 1e-13 of PyTorch's in float64. A component whose singular value is 0 never trains.
 * All R components are taken out for every client: one of a lower rank starts without those above its rank.
 *
 * @throws `bad-scale` unless σ > 0; `rank-above-weight`, `not-finite`
 * @example
 * pissa().initialize({ layout, random, scale: 2, frozen: backbone.frozen }).subtracted; // true
 */
export function pissa(): Initialization {
  return {
    name: 'pissa',
    initialize: ({ layout, scale, frozen }) => {
      if (!(scale > 0))
        throw errors.make('bad-scale', { what: `pissa divides by the scale ${scale}`, cure: 'Choose alpha above 0' });
      const values = new Float32Array(layout.size);
      for (const slots of slotsBySite(layout)) {
        const principal = principalComponents(frozenWeight('pissa', slots, { frozen }), slots.site, slots.A.rows);
        principal.values.forEach((value, k) => {
          const root = Math.sqrt(value / scale);
          const [column, row] = [principal.left[k], principal.right[k]].map((vector) => vector.map((x) => root * x));
          writeComponent(values, slots, k, { row, column });
        });
      }
      return { values, subtracted: true };
    },
  };
}

/** Registers {@link pissa}. */
export const pissaFactory = defineStrategy({
  kind: 'initialization',
  name: 'pissa',
  summary: 'The principal singular values and vectors of the frozen weight, taken out of it.',
  optionsSchema: z.strictObject({}),
  conformance: { traits: { drawn: false } },
  make: () => pissa(),
});
