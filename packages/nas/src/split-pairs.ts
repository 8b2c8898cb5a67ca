import { type Architecture, isLive, type Layout, mirroredPairs } from '@perfit/lora';

/** Counts the mirrored pairs, both live before, of which exactly one twin is live after. */
export function splitPairs(
  layout: Layout,
  before: Architecture,
  after: Architecture,
): { readonly split: number; readonly pairs: number } {
  const { first, second } = mirroredPairs(layout);
  let split = 0;
  let pairs = 0;
  for (let i = 0; i < first.length; i++) {
    if (!isLive(before, first[i]) || !isLive(before, second[i])) continue;
    pairs++;
    if (isLive(after, first[i]) !== isLive(after, second[i])) split++;
  }
  return { split, pairs };
}
