/** What one client may get, of what is shared out. */
export interface Claim {
  readonly client: string;
  /** ≥ 0 */
  readonly weight: number;
  /** Whole, ≥ 1: the most that it may get. */
  readonly most: number;
}

const clip = ({ weight, most }: Claim, level: number) => Math.min(most, Math.max(1, level * weight));

/** The level λ at which Σ clip(λ w_i, 1, most_i) is `total`, by bisection down to neighbouring numbers. */
function waterLevel(claims: readonly Claim[], total: number): number {
  const sum = (level: number) => claims.reduce((all, claim) => all + clip(claim, level), 0);
  let low = 0;
  let high = Math.max(...claims.map(({ weight, most }) => (weight > 0 ? most / weight : 0)));
  for (let middle = high / 2; middle > low && middle < high; middle = (low + high) / 2)
    if (sum(middle) < total) low = middle;
    else high = middle;
  return high;
}

/**
 * Shares `total` out in proportion to weights, whole numbers from 1 to each one's most: what is clipped goes to the
 * others (water-filling), what rounding leaves goes to the largest remainders, of equal ones to the lower name. Shared
 * out is all of it, as far as those with a weight may take it. By client.
 */
export function shareOut(claims: readonly Claim[], total: number): ReadonlyMap<string, number> {
  if (claims.length === 0) return new Map();
  // One order whatever the caller's, so that sums round alike.
  const named = [...claims].sort((a, b) => (a.client < b.client ? -1 : 1));
  const level = waterLevel(named, total);
  const real = named.map((claim) => ({ ...claim, share: clip(claim, level) }));
  const shares = new Map(real.map(({ client, share }) => [client, Math.floor(share)]));
  let left = total - [...shares.values()].reduce((sum, share) => sum + share, 0);
  const remainder = ({ share }: { readonly share: number }) => share - Math.floor(share);
  for (const { client, share, most } of real.sort((a, b) => remainder(b) - remainder(a))) {
    if (left <= 0 || share >= most || remainder({ share }) === 0) continue;
    shares.set(client, Math.floor(share) + 1);
    left--;
  }
  return shares;
}
