import type { Layout, Site } from './contract.js';
import { errors } from './errors.js';

/**
 * σ·B·A of one site, `[out, in]` row-major: what the adapter adds to the frozen weight. Sums in float64.
 *
 * @param values θ, length P
 * @param scale σ
 * @throws `unknown-site`, `size-mismatch`
 */
export function mergeDelta(
  layout: Layout,
  values: Float32Array,
  site: Pick<Site, 'name'>,
  scale: number,
): Float32Array {
  const A = layout.slots.find((slot) => slot.site.name === site.name && slot.factor === 'A');
  const B = layout.slots.find((slot) => slot.site.name === site.name && slot.factor === 'B');
  if (!A || !B)
    throw errors.make('unknown-site', { what: `the layout has no site "${site.name}"`, cure: 'Name one of its sites' });
  if (values.length !== layout.size)
    throw errors.make('size-mismatch', {
      what: `θ has ${values.length} numbers where ${layout.size} are due`,
      cure: 'Use the values of this layout',
    });
  const delta = new Float32Array(B.rows * A.columns);
  const row = new Float64Array(A.columns);
  for (let o = 0; o < B.rows; o++) {
    row.fill(0);
    for (let k = 0; k < A.rows; k++) {
      const weight = scale * values[B.offset + o * B.columns + k];
      if (weight === 0) continue;
      const start = A.offset + k * A.columns;
      for (let i = 0; i < row.length; i++) row[i] += weight * values[start + i];
    }
    delta.set(row, o * A.columns);
  }
  return delta;
}
