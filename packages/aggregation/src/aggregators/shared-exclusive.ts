import { applyArchitecture, architectureFrom, intersect, pack } from '@perfit/lora';
import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import { checkedFold } from '../checked-fold.js';
import type { Aggregator, ServerState } from '../contract.js';
import { errors } from '../errors.js';
import { maskedCount } from '../masked-count.js';
import { maskedSum } from '../masked-sum.js';
import { registryCount } from '../registry.js';
import { sharedPositions } from '../shared-positions.js';
import { stateArray } from '../state-array.js';

/** Options of {@link sharedExclusive}. */
export interface SharedExclusiveOptions {
  /** Clients whose registered architecture must hold a position for it to be shared. Default 2. */
  readonly minHolders?: number;
}

/** The arrays of the state, length P each (any length where `size` is not given). */
function read(state: ServerState, size?: number) {
  return {
    g: stateArray(state, 'g', 'Float32Array', size),
    holders: stateArray(state, 'holders', 'Uint32Array', size),
    aggregated: stateArray(state, 'aggregated', 'Uint32Array', size),
  };
}

/**
 * PerFIT's rule (arXiv 2402.16919; the exact laws are ours). The registry count c[p] is the number of clients whose
 * latest architecture holds p, sampled now or not, this round's uploads included. p is *shared* if c[p] ≥ minHolders,
 * else *exclusive*. For a shared p with holders H_p among this round's uploads
 *
 *     g[p] = Σ_{i ∈ H_p} n_i θ_i[p] / Σ_{i ∈ H_p} n_i
 *
 * and a shared p that nobody sent keeps its g. Exclusive positions are never written. A client receives g where p is
 * shared and has a g; the global module is g there and 0 elsewhere.
 *
 * State: `g [P]`; `holders [P]`, c; `aggregated [P]`, the number of rounds that wrote g[p]: 0 where there is no g yet,
 * as where p is registered but does not travel.
 *
 * @throws `aggregation/bad-option` unless minHolders is a whole number from 1 up.
 */
export function sharedExclusive({ minHolders = 2 }: SharedExclusiveOptions = {}): Aggregator {
  if (!(Number.isSafeInteger(minHolders) && minHolders >= 1))
    throw errors.make('bad-option', { what: `minHolders is ${minHolders}`, cure: 'Use a whole number from 1 up' });
  const positionsOf = sharedPositions(minHolders);
  return {
    name: 'shared-exclusive',
    initialize: ({ size }) => ({
      g: new Float32Array(size),
      holders: new Uint32Array(size),
      aggregated: new Uint32Array(size),
    }),
    fold: (state, context) => {
      const { size } = context.layout;
      const before = read(state, size);
      const registry = registryCount(before.holders);
      const sum = maskedSum(size);
      const weight = maskedCount(size);
      return checkedFold(state, context, {
        stage: sum.stage,
        add: ({ client, mask, architecture, examples }) => {
          registry.move(client, context.registered(client), architecture);
          sum.add(mask, examples);
          weight.add(mask, examples);
        },
        finish: () => {
          const [sums, weights, holders] = [sum.read(), weight.read(), registry.read()];
          const g = before.g.slice();
          const aggregated = before.aggregated.slice();
          for (let p = 0; p < size; p++)
            if (weights[p] > 0 && holders[p] >= minHolders) {
              g[p] = sums[p] / weights[p];
              aggregated[p]++;
            }
          return { g, holders, aggregated };
        },
      });
    },
    download: (state, { architecture }) => {
      const arrays = read(state, architecture.size);
      const mask = intersect(architecture, positionsOf(arrays.holders, arrays.aggregated).sent);
      return { mask, values: pack(arrays.g, mask) };
    },
    globalModule: (state) => {
      const arrays = read(state);
      return applyArchitecture(arrays.g, positionsOf(arrays.holders, arrays.aggregated).sent);
    },
    point: {
      read: (state) => read(state).g,
      known: (state) => {
        const { aggregated } = read(state);
        return architectureFrom(aggregated.length, (p) => aggregated[p] > 0);
      },
      write: (state, g) => ({ ...state, g }),
    },
    sharedPositions: (state, architecture) => {
      const { holders, aggregated } = read(state, architecture.size);
      return intersect(architecture, positionsOf(holders, aggregated).shared);
    },
  };
}

/** Factory of {@link sharedExclusive}. */
export const sharedExclusiveFactory = defineStrategy({
  kind: 'aggregator',
  name: 'shared-exclusive',
  summary:
    'PerFIT: the weighted mean of each position over its holders where enough clients hold it, else the client’s own.',
  optionsSchema: z.strictObject({ minHolders: z.int().min(1).default(2) }),
  make: sharedExclusive,
});
