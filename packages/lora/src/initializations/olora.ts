import { defineStrategy } from '@perfit/strategy';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { z } from 'zod';
import { writeComponent } from '../components.js';
import type { Initialization, Site } from '../contract.js';
import { frozenWeight } from '../frozen-weight.js';
import { slotsBySite } from '../layout.js';
import { orthonormalBasis } from '../orthonormal-basis.js';
import { productsOf } from '../weight-products.js';

/** The first `count` columns of Q and rows of R of W = QR, R's diagonal not negative. */
function qrComponents(weight: Float32Array, { in: columns, out: rows }: Site, count: number) {
  const { transposedTimes } = productsOf(weight, { in: columns, out: rows });
  const generator = xoroshiro128plus(1);
  const Q = orthonormalBasis(() => generator.next() / 2 ** 31);
  return Array.from({ length: count }, (_, k) => {
    const diagonal = Q.add(new Float64Array(rows).map((_, o) => weight[o * columns + k]));
    const column = Q.vectors[k];
    const row = transposedTimes(column).fill(0, 0, k);
    row[k] = diagonal;
    return { row, column };
  });
}

/**
 * OLoRA (Büyükakyüz 2024, arXiv 2406.01775, as PEFT computes it): of W = QR the first columns of Q as B and the first
 * rows of R as A. σBA is taken out of the frozen weight, and training starts at the frozen model. Unlike `pissa` it
 * does not divide by σ: unless σ = 1, more or less than QR's own part is taken out.
 *
 * R's diagonal is not negative, so that the weight alone decides the signs; a smaller rank is a prefix of a larger one,
 * bit for bit. A is upper triangular: its entries below the diagonal are 0.
 * All R components are taken out for every client: one of a lower rank starts without those above its rank.
 *
 * @throws `rank-above-weight`, `not-finite`
 * @example
 * olora().initialize({ layout, random, scale: 1, frozen: backbone.frozen }).subtracted; // true
 */
export function olora(): Initialization {
  return {
    name: 'olora',
    initialize: ({ layout, frozen }) => {
      const values = new Float32Array(layout.size);
      for (const slots of slotsBySite(layout))
        qrComponents(frozenWeight('olora', slots, { frozen }), slots.site, slots.A.rows).forEach((component, k) => {
          writeComponent(values, slots, k, component);
        });
      return { values, subtracted: true };
    },
  };
}

/** Registers {@link olora}. */
export const oloraFactory = defineStrategy({
  kind: 'initialization',
  name: 'olora',
  summary: 'The first columns of Q and rows of R of the frozen weight’s QR decomposition, taken out of it.',
  optionsSchema: z.strictObject({}),
  conformance: { traits: { drawn: false } },
  make: () => olora(),
});
