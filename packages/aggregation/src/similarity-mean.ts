import { livePositions, pack, unpack } from '@perfit/lora';
import { type ClientVector, meanOfHolders } from './client-vectors.js';
import type { Download } from './contract.js';

/** Who receives, and how others count there. */
export interface SimilarityReceiver {
  readonly client: string;
  /** Similarities to others; 0 where one is absent. */
  readonly known: ReadonlyMap<string, number> | undefined;
  readonly temperature: number;
  /** Share of the own values where others hold a position too; undefined: as the most similar other client. */
  readonly own: number | undefined;
}

/**
 * What one client receives of a round: on every position of `sent.mask` the mean over its holders among the uploads,
 * weighted by n_j e^{s_j / T}, and what `sent` holds where there are none.
 *
 * @returns length `sent.mask.live`
 */
export function similarityMean(
  uploads: readonly (ClientVector & { readonly examples: number })[],
  sent: Download,
  { client: receiver, known, temperature, own }: SimilarityReceiver,
): Float32Array {
  const { size } = sent.mask;
  const similarity = uploads.map(({ client }) => (client === receiver ? undefined : (known?.get(client) ?? 0)));
  const others = similarity.filter((value) => value !== undefined);
  const nearest = others.length === 0 ? 0 : Math.max(...others);
  const mine = own === undefined ? undefined : uploads.find(({ client }) => client === receiver);
  const weightOf = (j: number) =>
    uploads[j] === mine ? 0 : uploads[j].examples * Math.exp(((similarity[j] ?? nearest) - nearest) / temperature);
  const { values, weights } = meanOfHolders(uploads, weightOf, size);
  if (mine && own !== undefined)
    for (const [at, p] of livePositions(mine.mask).entries()) {
      const share = weights[p] > 0 ? own : 1;
      values[p] = share * mine.values[at] + (1 - share) * values[p];
      weights[p] = 1;
    }
  const theta = unpack(sent.mask, sent.values);
  for (let p = 0; p < size; p++) if (weights[p] > 0) theta[p] = values[p];
  return pack(theta, sent.mask);
}
