import { lowRankFactors, pack, unpack } from '@perfit/lora';
import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import { checkedFold } from '../checked-fold.js';
import { componentsOf } from '../components.js';
import type { Aggregator, ServerState } from '../contract.js';
import { productSum } from '../product-sum.js';
import { addToResidual, residualFromState, residualToState } from '../residual-state.js';
import { stateArray } from '../state-array.js';
import { zeroPaddedMean } from '../zero-padded-mean.js';

/**
 * FedEx-LoRA (Singhal et al. 2025): A and B are averaged as in FedIT, and what the product of the means misses of the
 * mean of the products goes into the frozen weights, round by round:
 *
 *     ΔW += σ (Σ p_i B_i A_i − B̄ Ā),   p_i = n_i / Σ n
 *
 * so that a client with every component starts the next round at the exact mean of the clients' weights. The paper
 * weighs all clients alike and has one rank; here they weigh by their examples, a component that a client lacks counts
 * as 0, and one that nobody sent keeps its values. A client of a smaller rank receives a part of B̄ Ā and all of ΔW: for
 * it the mean is not exact. Residuals are held as in {@link flora}.
 *
 * State: `g [P]`, Ā and B̄; the residual.
 */
export function fedExLora(): Aggregator {
  const meanOf = (state: ServerState, size?: number) => stateArray(state, 'g', 'Float32Array', size);
  return {
    name: 'fed-ex-lora',
    demands: { components: true, everythingTravels: true },
    initialize: ({ size }, start) => ({ g: meanOf({ g: start }, size).slice() }),
    fold: (state, context) => {
      const { layout, scale } = context;
      const mean = zeroPaddedMean(meanOf(state, layout.size));
      const before = residualFromState(state, layout);
      const sums = layout.sites.map((site) => productSum(site));
      let examples = 0;
      return checkedFold(state, context, {
        add: ({ mask, values, examples: n }) => {
          for (const { site, a, b } of componentsOf(layout, unpack(mask, values))) sums[site].add(n, a, b);
          mean.add(mask, values, n);
          examples += n;
        },
        finish: () => {
          const g = mean.mean();
          const ofProducts = sums.map((sum) => sum.factor(scale / examples));
          const ofMeans = lowRankFactors(layout, g, -scale);
          return { g, ...residualToState(addToResidual(layout, before, ofProducts, ofMeans)) };
        },
      });
    },
    download: (state, { architecture }) => ({
      mask: architecture,
      values: pack(meanOf(state, architecture.size), architecture),
    }),
    globalModule: (state) => meanOf(state).slice(),
    residual: (state) => residualFromState(state),
    sharedPositions: (_, architecture) => architecture,
  };
}

/** Factory of {@link fedExLora}. */
export const fedExLoraFactory = defineStrategy({
  kind: 'aggregator',
  name: 'fed-ex-lora',
  summary: 'FedEx-LoRA: FedIT’s mean, and what it misses of the mean of the products goes into the frozen weights.',
  optionsSchema: z.strictObject({}),
  make: fedExLora,
});
