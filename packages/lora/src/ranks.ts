import { architectureFrom } from './architecture.js';
import type { Architecture, Layout, Site } from './contract.js';
import { errors } from './errors.js';
import { slotsBySite } from './layout.js';

/** First component and the one after the last, of a site and its rank. */
type ComponentRange = (rank: number, site: Site) => readonly [from: number, to: number];

/** The positions of a range of every site's rank components: rows of A, columns of B. */
function* positionsOfComponents(layout: Layout, range: ComponentRange): Generator<number> {
  for (const { site, factor, offset, rows, columns, size } of layout.slots) {
    const [from, to] = range(factor === 'A' ? rows : columns, site);
    if (factor === 'A') for (let i = from * columns; i < to * columns; i++) yield offset + i;
    else for (let i = 0; i < size; i += columns) for (let k = from; k < to; k++) yield offset + i + k;
  }
}

/** A range of every site's rank components, which lies between 0 and the site's rank. */
export function componentArchitecture(layout: Layout, range: ComponentRange): Architecture {
  return architectureFrom(layout.size, positionsOfComponents(layout, range));
}

/**
 * The architecture of a client whose rank R_i is below the layout's: live where the rank index is below R_i.
 *
 * @throws `bad-layout` unless 0 ≤ rank ≤ R
 */
export function rankArchitecture(layout: Layout, rank: number): Architecture {
  if (!Number.isInteger(rank) || rank < 0 || rank > layout.rank)
    throw errors.make('bad-layout', {
      what: `rank ${rank} does not fit into a layout of rank ${layout.rank}`,
      cure: `Choose a whole rank from 0 to ${layout.rank}`,
    });
  return componentArchitecture(layout, (own) => [0, Math.min(rank, own)]);
}

/** Positions that mirror each other in the symmetric start: `first[i]` and `second[i]` are twins. */
export interface MirroredPairs {
  readonly first: Uint32Array;
  readonly second: Uint32Array;
}

/** The twin positions A[2k, i] ↔ A[2k+1, i] and B[o, 2k] ↔ B[o, 2k+1]; the last rank of an odd number has no twin. */
export function mirroredPairs(layout: Layout): MirroredPairs {
  const sites = slotsBySite(layout);
  const count = sites.reduce((sum, { site, A }) => sum + Math.floor(A.rows / 2) * (site.in + site.out), 0);
  const first = new Uint32Array(count);
  const second = new Uint32Array(count);
  let next = 0;
  const pair = (a: number, b: number) => {
    first[next] = a;
    second[next++] = b;
  };
  for (const { site, A, B } of sites)
    for (let k = 0; k + 1 < A.rows; k += 2) {
      for (let i = 0; i < site.in; i++) pair(A.offset + k * site.in + i, A.offset + (k + 1) * site.in + i);
      for (let o = 0; o < site.out; o++) pair(B.offset + o * B.columns + k, B.offset + o * B.columns + k + 1);
    }
  return { first, second };
}
