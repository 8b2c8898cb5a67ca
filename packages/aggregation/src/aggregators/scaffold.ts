import { pack } from '@perfit/lora';
import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import { checkedFold } from '../checked-fold.js';
import type { Aggregator, ServerState } from '../contract.js';
import { maskedSum } from '../masked-sum.js';
import { stateArray } from '../state-array.js';
import { weightedMean } from './weighted-mean.js';

/**
 * SCAFFOLD (Karimireddy et al. 2020), the server's part: {@link weightedMean} of the values, and a control c, the mean of
 * the clients' controls, which every client receives beside them. Clients send how their own control changed, Δc_i:
 *
 *     c ← (n_before c + Σ_{i ∈ S} n_i Δc_i) / n_seen
 *
 * with n_seen the examples of all clients that ever sent and n_before those of the clients seen before this round. The
 * paper's c ← c + (|S| / N) · mean Δc_i is this where all clients have equally many examples and were seen before. Two
 * choices are ours. Controls weigh by examples as values do: SCAFFOLD stops where c = 0, which is then the optimum of the
 * same objective. And c is the mean over the clients seen so far, not over N with 0 for the others, so that the number of
 * clients need not be known. A position that a client does not send counts as 0, as in the mean of the values.
 *
 * The client's part is the local update rule `scaffold`. State: that of {@link weightedMean}; `control [P]`; `seen [1]`.
 */
export function scaffold(): Aggregator {
  const mean = weightedMean();
  const read = (state: ServerState, size?: number) => ({
    control: stateArray(state, 'control', 'Float32Array', size),
    seen: stateArray(state, 'seen', 'Float64Array', 1),
  });
  return {
    ...mean,
    name: 'scaffold',
    demands: { vectors: ['controlChange'] },
    sends: ['control'],
    initialize: (layout, start) => ({
      ...mean.initialize(layout, start),
      control: new Float32Array(layout.size),
      seen: new Float64Array(1),
    }),
    fold: (state, context) => {
      const before = read(state, context.layout.size);
      const values = mean.fold(state, context);
      const change = maskedSum(context.layout.size);
      let seen = before.seen[0];
      return checkedFold(state, context, {
        vectors: ['controlChange'],
        add: (update) => {
          values.add(update);
          change.stage(update.vectors!.controlChange);
          change.add(update.mask, update.examples);
          if (!context.registered(update.client)) seen += update.examples;
        },
        finish: () => {
          const changes = change.read();
          return {
            ...values.finish(),
            control: before.control.map((value, p) => (before.seen[0] * value + changes[p]) / seen),
            seen: Float64Array.of(seen),
          };
        },
      });
    },
    download: (state, receiver) => {
      const download = mean.download(state, receiver);
      const { control } = read(state, receiver.architecture.size);
      return { ...download, vectors: { control: pack(control, download.mask) } };
    },
  };
}

/** Factory of {@link scaffold}. */
export const scaffoldFactory = defineStrategy({
  kind: 'aggregator',
  name: 'scaffold',
  summary: 'SCAFFOLD: FedIT’s mean, and a control variate that takes the clients’ drift out of their steps.',
  optionsSchema: z.strictObject({}),
  make: scaffold,
});
