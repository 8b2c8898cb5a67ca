import { type Layout, slotsBySite } from '@perfit/lora';

/** One rank component of one site: its product is b aᵀ. */
export interface Component {
  /** Index among the layout's sites, as `slotsBySite` orders them. */
  readonly site: number;
  /** Its row of A `[in]`; a view. */
  readonly a: Float32Array;
  /** Its column of B `[out]`. */
  readonly b: Float32Array;
}

/** Every rank component of θ whose product is not 0, for want of a row of A or a column of B. */
export function* componentsOf(layout: Layout, values: Float32Array): Generator<Component> {
  for (const [site, { A, B }] of slotsBySite(layout).entries())
    for (let k = 0; k < A.rows; k++) {
      const a = values.subarray(A.offset + k * A.columns, A.offset + (k + 1) * A.columns);
      const b = Float32Array.from({ length: B.rows }, (_, o) => values[B.offset + o * B.columns + k]);
      if (a.some((value) => value !== 0) && b.some((value) => value !== 0)) yield { site, a, b };
    }
}
