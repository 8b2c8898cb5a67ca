import { type Layout, slotsBySite } from '@perfit/lora';
import { z } from 'zod';

/** Over what units compete: the whole model, or each site for itself. */
export type Within = 'model' | 'site';

/** The option in a configuration. */
export const within = z.enum(['model', 'site']).default('model');

/** One site's part of a selection. */
export interface SiteShare {
  /** Its live positions, as a range of the list of all of them. */
  readonly start: number;
  readonly end: number;
  /** How many of them it may keep. */
  readonly keep: number;
}

/**
 * Deals `keep` of the live positions (ascending) out to the sites, in the layout's order, in proportion to their live ones, rounded down;
 * what that leaves over goes one each to the sites with the largest remainders, of equal ones the first.
 */
export function siteShares(layout: Layout, positions: Uint32Array, keep: number): readonly SiteShare[] {
  let next = 0;
  // A site's two slots follow each other.
  const shares = slotsBySite(layout).map(({ A, B }) => {
    const start = next;
    while (next < positions.length && positions[next] < Math.max(A.offset + A.size, B.offset + B.size)) next++;
    const exact = (keep * (next - start)) / positions.length;
    return { start, end: next, keep: Math.floor(exact), remainder: exact - Math.floor(exact) };
  });
  const left = keep - shares.reduce((sum, share) => sum + share.keep, 0);
  const largest = [...shares].sort((a, b) => b.remainder - a.remainder).slice(0, left);
  for (const share of largest) share.keep++;
  return shares.map(({ start, end, keep }) => ({ start, end, keep }));
}
