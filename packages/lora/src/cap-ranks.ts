import { architectureFrom, isLive } from './architecture.js';
import type { CompactAdapter } from './compact-ranks.js';
import { createLayout, slotsBySite } from './layout.js';
import { mergeDelta } from './merge-delta.js';

/**
 * Replaces the factors of every site whose rank exceeds min(in, out) by two of that rank with the same product to f32
 * rounding: A = I and B = BA where in ≤ out, A = BA and B = I elsewhere, every position live. Other sites stay. What
 * residuals of many rounds come to stays bounded by the weights' own size.
 *
 * @throws `size-mismatch`
 * @example
 * const bounded = capRanks(composeResidual(adapter, residual));
 */
export function capRanks({ layout, values, architecture }: CompactAdapter): CompactAdapter {
  const ranks = new Map(slotsBySite(layout).map(({ site, A }) => [site.name, A.rows]));
  const rankOf = (name: string) => ranks.get(name) as number;
  const capped = createLayout(layout.sites, (site) => Math.min(site.in, site.out, rankOf(site.name)));
  const into = new Float32Array(capped.size);
  const dead = new Set<number>();
  const theirs = new Map(layout.slots.map((slot) => [slot.name, slot]));
  for (const { site, A, B } of slotsBySite(capped)) {
    if (rankOf(site.name) === A.rows) {
      for (const { name, offset, size } of [A, B]) {
        const from = (theirs.get(name) as typeof A).offset;
        into.set(values.subarray(from, from + size), offset);
        for (let i = 0; i < size; i++) if (!isLive(architecture, from + i)) dead.add(offset + i);
      }
      continue;
    }
    const product = mergeDelta(layout, values, site, 1);
    const [identity, whole] = site.in <= site.out ? [A, B] : [B, A];
    into.set(product, whole.offset);
    for (let k = 0; k < A.rows; k++) into[identity.offset + k * (A.rows + 1)] = 1;
  }
  return {
    layout: capped,
    values: into,
    architecture: architectureFrom(capped.size, (position) => !dead.has(position)),
  };
}
