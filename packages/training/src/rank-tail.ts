import { type Architecture, isLive, type Layout, liveComponents, slotsBySite } from '@perfit/lora';

/** The last rank components of every site, as positions of θ. */
export interface RankTail {
  /** Live positions of the tails. */
  readonly positions: Int32Array;
  /** For each of them 2 s for the A of site s, 2 s + 1 for its B. */
  readonly groups: Int32Array;
  /** Twice the number of sites. */
  readonly count: number;
}

/** Of every site's r live components those past the first ⌊γ r⌋, or past the first one. */
export function rankTail(layout: Layout, architecture: Architecture, gamma: number): RankTail {
  const sites = slotsBySite(layout);
  const positions: number[] = [];
  const groups: number[] = [];
  const take = (position: number, group: number) => {
    if (!isLive(architecture, position)) return;
    positions.push(position);
    groups.push(group);
  };
  for (const [s, { A, B }] of sites.entries()) {
    const components = liveComponents({ A, B }, architecture);
    for (const k of components.slice(Math.max(1, Math.floor(gamma * components.length)))) {
      for (let i = 0; i < A.columns; i++) take(A.offset + k * A.columns + i, 2 * s);
      for (let o = 0; o < B.rows; o++) take(B.offset + o * B.columns + k, 2 * s + 1);
    }
  }
  return { positions: Int32Array.from(positions), groups: Int32Array.from(groups), count: 2 * sites.length };
}

/** Σ_sites ‖A_tail‖_F ‖B_tail‖_F of θ. */
export function tailSize({ positions, groups, count }: RankTail, values: Float32Array): number {
  const squares = new Float64Array(count);
  for (const [j, position] of positions.entries()) squares[groups[j]!]! += values[position]! ** 2;
  let size = 0;
  for (let group = 0; group < count; group += 2) size += Math.sqrt(squares[group]! * squares[group + 1]!);
  return size;
}
