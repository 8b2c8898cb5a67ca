import { type Architecture, architectureFrom, livePositions } from '@perfit/lora';
import { checkScores, type Selection } from './check-scores.js';
import { siteShares, type Within } from './site-shares.js';

/** A layout cut into sets of positions that live and die together. */
export interface Units {
  /** The unit of every position, from 0; length P. */
  readonly of: Uint32Array;
  readonly count: number;
  /** The site of every unit, by its place in the layout, where each lies in one. */
  readonly site?: Uint32Array;
}

/**
 * The best units that fit into `keep` positions. A unit's score is the mean over its live positions: its worth is the
 * sum (in a Taylor expansion the changes of the loss add up), its price their number, and what is bought with a
 * parameter budget is worth by price. So units of different size compare fairly, where the sum would favour the large
 * ones. Units are taken from the best down; one that does not fit is left out and the next tried, until none fits. Of
 * equal means the unit with the lower position goes first. Within sites every site has its share of `keep` to itself. Ours.
 *
 * @throws `not-a-number`, `size-mismatch`
 */
export function keepUnits(selection: Selection, { of, count, site }: Units, within: Within = 'model'): Architecture {
  checkScores(selection);
  const { layout, scores, architecture, keep } = selection;
  if (keep >= architecture.live) return architecture;
  const positions = livePositions(architecture);
  const worth = new Float64Array(count);
  const price = new Uint32Array(count);
  const order: number[] = [];
  for (const position of positions) {
    const unit = of[position];
    if (price[unit]++ === 0) order.push(unit);
    worth[unit] += scores[position];
  }
  // In order of their lowest position, which a stable sort keeps among equals.
  order.sort((a, b) => worth[b] / price[b] - worth[a] / price[a]);
  const kept = new Uint8Array(count);
  const left = within === 'site' ? siteShares(layout, positions, keep).map((share) => share.keep) : [keep];
  for (const unit of order) {
    const purse = within === 'site' ? site![unit] : 0;
    if (price[unit] > left[purse]) continue;
    kept[unit] = 1;
    left[purse] -= price[unit];
  }
  return architectureFrom(
    layout.size,
    positions.filter((position) => kept[of[position]]),
  );
}
