import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import { agreement } from '../agreement.js';
import { checkedFold } from '../checked-fold.js';
import { clientVectorsFromState, clientVectorsToState } from '../client-vectors.js';
import type { Aggregator } from '../contract.js';
import { type KeptUpload, keepUpload } from '../known-change.js';
import { checkOption } from '../option-range.js';
import { similarityMean } from '../similarity-mean.js';
import { remember, similaritiesFromState, similaritiesToState } from '../similarity-state.js';
import { stateArray } from '../state-array.js';
import { sharedExclusive } from './shared-exclusive.js';

/** Options of {@link maskSimilarity}. */
export interface MaskSimilarityOptions {
  /** As of {@link sharedExclusive}. Default 2. */
  readonly minHolders?: number | undefined;
  /** T > 0: the smaller, the less dissimilar clients count; `Infinity`: all alike. Default 0.1. */
  readonly temperature?: number;
  /** Share of the receiver's own values where others hold a position too, in [0, 1). Default: as its most similar client. */
  readonly own?: number | undefined;
  /** Weight of the masks against the changes in the similarity, in [0, 1]. Default 0.5. */
  readonly masks?: number;
  /** Weight of earlier rounds against this one, in [0, 1). Default 0.5. */
  readonly memory?: number;
}

/**
 * PerFIT's rule with a mean of its own for every client *[ours]*: client i receives on every shared position p
 *
 *     Σ_j w_ij θ_j[p] / Σ_j w_ij,   w_ij = n_j e^{s_ij / T}
 *
 * over the position's holders j among this round's uploads, s_ij their similarity (`agreement.ts`: how much masks and
 * changes agree above what pairs of this federation do, and above chance). s_ii is the largest s_ij, so that clients who
 * are all alike receive the weighted mean; a similarity of 1 with itself would leave nothing of the others. Which
 * positions are shared, and the global module, are those of {@link sharedExclusive}, which T → ∞ is; a shared position
 * that nobody sent this round is sent as there, an exclusive one never.
 *
 * A change is what a client sent minus what it started from (`knownChange`), which takes it that clients adopt by
 * `replace`. A similarity stays while the two do not meet in a round of three clients or more; before they do it is 0.
 *
 * State: that of {@link sharedExclusive}; `start [P]`, θ₀; values and masks of this round's m uploads, so m · P numbers,
 * and their `examples [m]`; of every client its similarities to all. A fold holds twice as much.
 *
 * @throws `aggregation/bad-option`
 */
export function maskSimilarity(options: MaskSimilarityOptions = {}): Aggregator {
  const { minHolders = 2, temperature = 0.1, own, masks = 0.5, memory = 0.5 } = options;
  checkOption('temperature', temperature, temperature > 0, 'a positive number');
  checkOption('own', own, own === undefined || (own >= 0 && own < 1), 'a number from 0 up, below 1');
  checkOption('masks', masks, masks >= 0 && masks <= 1, 'a number from 0 to 1');
  checkOption('memory', memory, memory >= 0 && memory < 1, 'a number from 0 up, below 1');
  const base = sharedExclusive({ minHolders });

  const download: Aggregator['download'] = (state, receiver) => {
    const sent = base.download(state, receiver);
    const vectors = clientVectorsFromState(state, receiver.architecture.size);
    const examples = stateArray(state, 'examples', 'Float64Array', vectors.length);
    const known = similaritiesFromState(state).get(receiver.client);
    const uploads = vectors.map((vector, j) => ({ ...vector, examples: examples[j] }));
    const values = similarityMean(uploads, sent, { client: receiver.client, known, temperature, own });
    return { mask: sent.mask, values };
  };

  return {
    name: 'mask-similarity',
    holds: 'clients',
    initialize: (layout, start) => ({
      ...base.initialize(layout, start),
      start: stateArray({ start }, 'start', 'Float32Array', layout.size).slice(),
      examples: new Float64Array(0),
    }),
    fold: (state, context) => {
      const shared = base.fold(state, context);
      const start = stateArray(state, 'start', 'Float32Array', context.layout.size);
      clientVectorsFromState(state, context.layout.size);
      const before = similaritiesFromState(state);
      const uploads: KeptUpload[] = [];
      return checkedFold(state, context, {
        add: (update) => {
          shared.add(update);
          const registered = context.registered(update.client);
          const sent = download(state, { client: update.client, architecture: registered ?? update.architecture });
          uploads.push(keepUpload(update, sent, registered ? undefined : start));
        },
        finish: () => {
          uploads.sort((a, b) => (a.client < b.client ? -1 : 1));
          const clients = uploads.map(({ client }) => client);
          const found = agreement(uploads, masks);
          return {
            ...shared.finish(),
            ...clientVectorsToState(uploads),
            ...similaritiesToState(found ? remember(before, clients, found, memory) : before),
            start,
            examples: Float64Array.from(uploads, ({ examples }) => examples),
          };
        },
      });
    },
    download,
    globalModule: base.globalModule,
    sharedPositions: base.sharedPositions,
  };
}

/** Factory of {@link maskSimilarity}. */
export const maskSimilarityFactory = defineStrategy({
  kind: 'aggregator',
  name: 'mask-similarity',
  summary:
    'Ours: PerFIT’s rule with a mean for every client, weighted by how much masks and changes agree with its own.',
  optionsSchema: z.strictObject({
    minHolders: z.int().min(1).default(2),
    temperature: z.number().positive().default(0.1),
    own: z.number().nonnegative().lt(1).optional(),
    masks: z.number().min(0).max(1).default(0.5),
    memory: z.number().nonnegative().lt(1).default(0.5),
  }),
  conformance: { traits: { perClient: true } },
  make: maskSimilarity,
});
