import type { Architecture } from '@perfit/lora';
import { sharedExclusive } from './aggregators/shared-exclusive.js';
import { weightedMean } from './aggregators/weighted-mean.js';
import { checkedFold } from './checked-fold.js';
import type { Aggregator } from './contract.js';
import { registryCount } from './registry.js';
import { stateArray } from './state-array.js';

/** Options of every robust rule. */
export interface RobustOptions {
  /**
   * Clients whose registered architecture must hold a position for it to be shared. Default 1: every position is shared,
   * as with the weighted mean; 2 is PerFIT's registry rule.
   */
  readonly minHolders?: number;
}

/** What a client sent, as a robust rule keeps it until the round ends. */
export interface Upload {
  readonly client: string;
  readonly mask: Architecture;
  /** Values on `mask`. */
  readonly values: Float32Array;
}

/**
 * Combines a round's uploads, at least one, which stand in the order of their clients' names; `point` is the server's
 * present g `[P]`. Gives the new values `[P]`, NaN where the rule says nothing.
 */
export type Combine = (uploads: readonly Upload[], point: Float32Array) => Float64Array;

/**
 * An aggregator around a robust rule. Ours, since the papers know neither masks nor registries:
 *
 * - A position's statistic is over its holders among this round's uploads. Where a client did not send a position, and
 *   whole vectors are compared, it counts as the server's g: no change. A position about which the rule says nothing
 *   keeps its g. With one or two holders no rule can tell who is wrong: robustness is a matter of overlap.
 * - Unweighted: numbers of examples are reported by the clients, and an attacker would buy weight with them.
 * - With `minHolders` 1 g starts from θ₀, and everyone receives it on the whole architecture. From 2 up positions are
 *   shared and exclusive as in {@link sharedExclusive}, and exclusive ones are never written.
 * - A rule sees all uploads of a round at once: memory is n · P until the round ends, not P.
 *
 * State: `g [P]`; `holders [P]`, the registry counts; `aggregated [P]`, the number of rounds that wrote g[p].
 *
 * @throws `aggregation/bad-option` unless minHolders is a whole number from 1 up.
 */
export function robustAggregator(name: string, { minHolders = 1 }: RobustOptions, combine: Combine): Aggregator {
  const outgoing = minHolders === 1 ? weightedMean() : sharedExclusive({ minHolders });
  return {
    ...outgoing,
    name,
    holds: 'round',
    initialize: (layout, start) => ({
      g: stateArray({ start }, 'start', 'Float32Array', layout.size).slice(),
      holders: new Uint32Array(layout.size),
      aggregated: new Uint32Array(layout.size),
    }),
    fold: (state, context) => {
      const { size } = context.layout;
      const point = stateArray(state, 'g', 'Float32Array', size);
      const registry = registryCount(stateArray(state, 'holders', 'Uint32Array', size));
      const aggregated = stateArray(state, 'aggregated', 'Uint32Array', size).slice();
      const uploads: Upload[] = [];
      return checkedFold(state, context, {
        add: ({ client, mask, values, architecture }) => {
          registry.move(client, context.registered(client), architecture);
          uploads.push({ client, mask: { ...mask, bits: mask.bits.slice() }, values: values.slice() });
        },
        finish: () => {
          uploads.sort((a, b) => (a.client < b.client ? -1 : 1));
          const combined = combine(uploads, point);
          const holders = registry.read();
          const g = point.slice();
          for (let p = 0; p < size; p++)
            if (!Number.isNaN(combined[p]) && holders[p] >= minHolders) {
              g[p] = combined[p];
              aggregated[p]++;
            }
          return { g, holders, aggregated };
        },
      });
    },
  };
}
