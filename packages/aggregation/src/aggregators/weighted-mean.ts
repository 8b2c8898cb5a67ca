import { fullArchitecture, pack } from '@perfit/lora';
import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import { checkedFold } from '../checked-fold.js';
import type { Aggregator } from '../contract.js';
import { maskedCount } from '../masked-count.js';
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
      const sum = maskedSum(size);
      // How many sent a position, and how many hold it of whom something does not travel.
      const [sent, held] = [maskedCount(size), maskedCount(size)];
      let weight = 0;
      return checkedFold(state, context, {
        stage: sum.stage,
        add: ({ mask, architecture, examples }) => {
          sent.add(mask, 1);
          if (architecture.live > mask.live) held.add(architecture, 1);
          sum.add(mask, examples);
          weight += examples;
        },
        finish: () => {
          const [sums, senders, holders] = [sum.read(), sent.read(), held.read()];
          const g = before.slice();
          for (let p = 0; p < size; p++) if (senders[p] > 0 || holders[p] === 0) g[p] = sums[p] / weight;
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
