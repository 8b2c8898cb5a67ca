import { fullArchitecture, pack } from '@perfit/lora';
import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import { checkedFold } from '../checked-fold.js';
import type { Aggregator } from '../contract.js';
import { maskUnion } from '../mask-union.js';
import { maskedSum } from '../masked-sum.js';
import { stateArray } from '../state-array.js';

/**
 * FedIT's rule (Zhang et al. 2023; FedAvg, McMahan et al. 2017): g[p] = Σ n_i θ_i[p] / Σ n_i over all of a round's
 * updates. A position that an update does not carry counts as 0; one that clients hold and none of them sends, since it
 * does not travel, keeps its g. Everyone receives g on its whole architecture; before the first update g = θ₀.
 * State: `g [P]`.
 */
export function weightedMean(): Aggregator {
  return {
    name: 'weighted-mean',
    initialize: (layout, start) => ({ g: stateArray({ start }, 'start', 'Float32Array', layout.size).slice() }),
    fold: (state, context) => {
      const { size } = context.layout;
      const before = stateArray(state, 'g', 'Float32Array', size);
      const [sent, held] = [maskUnion(size), maskUnion(size)];
      const sum = maskedSum(size);
      let weight = 0;
      return checkedFold(state, context, {
        stage: sum.stage,
        add: ({ mask, architecture, examples }) => {
          sent.add(mask);
          if (architecture.live > mask.live) held.add(architecture);
          sum.add(mask, examples);
          weight += examples;
        },
        finish: () => {
          const sums = sum.read();
          const g = before.slice();
          for (let p = 0; p < size; p++) if (sent.has(p) || !held.has(p)) g[p] = sums[p] / weight;
          return { g };
        },
      });
    },
    download: (state, { architecture }) => ({
      mask: architecture,
      values: pack(stateArray(state, 'g', 'Float32Array', architecture.size), architecture),
    }),
    globalModule: (state) => stateArray(state, 'g', 'Float32Array').slice(),
    point: {
      read: (state) => stateArray(state, 'g', 'Float32Array'),
      known: (state) => fullArchitecture(stateArray(state, 'g', 'Float32Array').length),
      write: (state, g) => ({ ...state, g }),
    },
    sharedPositions: (_, architecture) => architecture,
  };
}

/** Factory of {@link weightedMean}. */
export const weightedMeanFactory = defineStrategy({
  kind: 'aggregator',
  name: 'weighted-mean',
  summary: 'FedIT: the mean of all updates, weighted by their examples; a position that is not sent counts as 0.',
  optionsSchema: z.strictObject({}),
  make: weightedMean,
});
