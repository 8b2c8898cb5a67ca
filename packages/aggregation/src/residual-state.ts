import type { Layout, LowRankFactor } from '@perfit/lora';
import type { ServerState } from './contract.js';
import { errors } from './errors.js';
import { productSum } from './product-sum.js';
import { stateArray } from './state-array.js';

const A = 'residual.A/';
const B = 'residual.B/';
const RANKS = 'residual.ranks';

/** Changes of the frozen weights as arrays of a server state: A and B by site, ranks in the order of the sites' names. */
export function residualToState(factors: readonly LowRankFactor[]): ServerState {
  const kept = factors.filter(({ rank }) => rank > 0).sort((x, y) => (x.site < y.site ? -1 : 1));
  if (kept.length === 0) return {};
  return {
    ...Object.fromEntries(
      kept.flatMap((factor) => [
        [A + factor.site, factor.A],
        [B + factor.site, factor.B],
      ]),
    ),
    [RANKS]: Uint32Array.from(kept, ({ rank }) => rank),
  };
}

/** A residual with further changes of the same sites added, site by site in the layout's order. */
export function addToResidual(
  layout: Layout,
  before: readonly LowRankFactor[],
  ...changes: readonly (readonly LowRankFactor[])[]
): readonly LowRankFactor[] {
  return layout.sites.map((site) => {
    const total = productSum(site);
    for (const factor of [...before, ...changes.flat()]) if (factor.site === site.name) total.addFactor(factor);
    return total.factor(1);
  });
}

/**
 * Reads what {@link residualToState} wrote; nothing where nothing was.
 *
 * @param layout where it is given, the factors must fit its sites.
 * @throws `aggregation/bad-state`
 */
export function residualFromState(state: ServerState, layout?: Layout): readonly LowRankFactor[] {
  const sites = Object.keys(state)
    .filter((key) => key.startsWith(A))
    .map((key) => key.slice(A.length))
    .sort();
  if (sites.length === 0 && !(RANKS in state)) return [];
  const ranks = stateArray(state, RANKS, 'Uint32Array', sites.length);
  const known = new Map(layout?.sites.map((site) => [site.name, site]));
  return sites.map((site, i) => {
    const rank = ranks[i];
    const shape = known.get(site);
    if (layout && !shape)
      throw errors.make('bad-state', {
        what: `the state changes the frozen weight of "${site}", which the layout does not have`,
        cure: 'Resume with the layout that the state was saved with',
      });
    return {
      site,
      rank,
      A: stateArray(state, A + site, 'Float32Array', shape && rank * shape.in),
      B: stateArray(state, B + site, 'Float32Array', shape && rank * shape.out),
    };
  });
}
