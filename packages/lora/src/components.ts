import type { Random } from '@perfit/strategy';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';
import type { Layout, Site } from './contract.js';
import { type SiteSlots, slotsBySite } from './layout.js';

/** A draw from the open interval (−1, 1) that is never 0: an odd multiple of 2⁻³². */
export type CentredDraw = () => number;

/** The laws of one site's entries, each a draw. */
export interface ComponentLaw {
  readonly a: () => number;
  readonly b: () => number;
}

/** Draws from a stream of its own that `random` seeds. */
export function centredDraws(random: Random): CentredDraw {
  const generator = xoroshiro128plusFromState(Array.from({ length: 4 }, () => Math.floor(random() * 2 ** 32) | 0));
  return () => ((generator.next() >>> 0) * 2 + 1) / 2 ** 32 - 1;
}

/** Draws from N(0, std²), by Box & Muller (1958). */
export function normalDraws(draw: CentredDraw, std: number): () => number {
  return () => std * Math.sqrt(-2 * Math.log(Math.abs(draw()))) * Math.cos(Math.PI * draw());
}

/** Writes component k of a site: a row of A `[in]` and a column of B `[out]`. */
export function writeComponent(
  values: Float32Array,
  { A, B }: SiteSlots,
  k: number,
  { row, column }: { readonly row: ArrayLike<number>; readonly column: ArrayLike<number> },
): void {
  values.set(row, A.offset + k * A.columns);
  for (let o = 0; o < B.rows; o++) values[B.offset + o * B.columns + k] = column[o];
}

/**
 * Draws θ₀ site by site and component by component, a row of A and then a column of B, every site from a stream of its
 * own. So a smaller rank is a prefix of a larger one.
 *
 * @param copies 1, or 2 for mirrored twins: every drawn component is written twice, its second B negated.
 */
export function drawComponents(
  layout: Layout,
  random: Random,
  copies: 1 | 2,
  law: (site: Site, draw: CentredDraw) => ComponentLaw,
): Float32Array {
  const values = new Float32Array(layout.size);
  for (const { site, A, B } of slotsBySite(layout)) {
    const { a, b } = law(site, centredDraws(random));
    for (let k = 0; k < A.rows; k += copies) {
      const row = A.offset + k * site.in;
      for (let i = 0; i < site.in; i++) values[row + i] = a();
      for (let o = 0; o < site.out; o++) values[B.offset + o * B.columns + k] = b();
      if (copies === 1) continue;
      values.copyWithin(row + site.in, row, row + site.in);
      for (let o = B.offset + k; o < B.offset + B.size; o += B.columns) values[o + 1] = -values[o];
    }
  }
  return values;
}
