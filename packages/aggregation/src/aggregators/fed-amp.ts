import { filterArchitecture, pack } from '@perfit/lora';
import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import { checkedFold } from '../checked-fold.js';
import {
  type ClientVector,
  clientVectorsFromState,
  clientVectorsToState,
  compare,
  copyVector,
  meanOfHolders,
} from '../client-vectors.js';
import type { Aggregator, ServerState } from '../contract.js';
import { errors } from '../errors.js';
import { stateArray } from '../state-array.js';

/** Options of {@link fedAmp}. */
export interface FedAmpOptions {
  /** σ > 0, in squared distances. Default: the mean of the squared distances between two clients. */
  readonly sigma?: number | undefined;
  /** α > 0, the step of the messages. Default σ / n, n the number of clients known. */
  readonly alpha?: number | undefined;
}

/**
 * FedAMP (Huang et al. 2021): every client receives a mean of its own, in which others count by how near they are,
 *
 *     u_i = Σ_j ξ_ij w_j,   ξ_ij = α A′(‖w_i − w_j‖²) for j ≠ i,   ξ_ii = 1 − Σ_{j ≠ i} ξ_ij,   A(x) = 1 − e^{−x/σ}
 *
 * and trains towards it by the local update rule `proximal`. w_j is what j last sent, in this round or an earlier one;
 * numbers of examples do not count. Ours: the defaults, with which equal clients receive their plain mean, and nothing
 * hangs on the scale of the values; ξ_ii = 0 and the others rescaled where a larger α would make it negative. And masks:
 * a position is averaged over those that hold it, one that nobody holds is not sent, and a distance is taken over the
 * positions that both hold and extrapolated to those that either holds. A client never seen gets the plain mean.
 *
 * State: `g [P]`, that mean, θ₀ where nobody ever sent; of every client its latest values and mask, so n · P numbers for
 * n clients; `distances [n, n]`, squared, clients in the order of their names.
 *
 * @throws `aggregation/bad-option`
 */
export function fedAmp({ sigma, alpha }: FedAmpOptions = {}): Aggregator {
  for (const [name, value] of Object.entries({ sigma, alpha }))
    if (value !== undefined && !(value > 0 && Number.isFinite(value)))
      throw errors.make('bad-option', { what: `${name} is ${value}`, cure: 'Use a positive number' });
  const meanOf = (state: ServerState, size?: number) => stateArray(state, 'g', 'Float32Array', size);

  /** ξ_i over the clients, in their order. */
  const attention = (distances: Float64Array, n: number, i: number): Float64Array => {
    const finite = distances.filter((distance, at) => at % (n + 1) !== 0 && distance < Number.POSITIVE_INFINITY);
    const width = sigma ?? finite.reduce((sum, distance) => sum + distance, 0) / Math.max(1, finite.length);
    // Where all are in one place σ is 0, and so is every exponent.
    const step = alpha === undefined || width === 0 ? 1 / n : alpha / width;
    const weights = Float64Array.from({ length: n }, (_, j) => {
      const distance = distances[i * n + j];
      return j === i ? 0 : step * (distance === 0 ? 1 : Math.exp(-distance / width));
    });
    const others = weights.reduce((sum, weight) => sum + weight, 0);
    if (others > 1) return weights.map((weight) => weight / others);
    weights[i] = 1 - others;
    return weights;
  };

  return {
    name: 'fed-amp',
    holds: 'clients',
    initialize: ({ size }, start) => ({ g: meanOf({ g: start }, size).slice(), distances: new Float64Array(0) }),
    fold: (state, context) => {
      const { size } = context.layout;
      const before = meanOf(state, size);
      const known = new Map(clientVectorsFromState(state, size).map((vector) => [vector.client, vector]));
      stateArray(state, 'distances', 'Float64Array', known.size ** 2);
      return checkedFold(state, context, {
        add: (update) => void known.set(update.client, copyVector(update)),
        finish: () => {
          const vectors = [...known.values()].sort((a, b) => (a.client < b.client ? -1 : 1));
          const { values, weights } = meanOfHolders(vectors, () => 1, size);
          const g = before.map((value, p) => (weights[p] > 0 ? values[p] : value));
          return { g, ...clientVectorsToState(vectors), distances: squaredDistances(vectors) };
        },
      });
    },
    download: (state, { client, architecture }) => {
      const g = meanOf(state, architecture.size);
      const vectors = clientVectorsFromState(state, architecture.size);
      const i = vectors.findIndex((vector) => vector.client === client);
      if (i < 0) return { mask: architecture, values: pack(g, architecture) };
      const distances = stateArray(state, 'distances', 'Float64Array', vectors.length ** 2);
      const xi = attention(distances, vectors.length, i);
      const { values, weights } = meanOfHolders(vectors, (j) => xi[j], architecture.size);
      const mask = filterArchitecture(architecture, (p) => weights[p] > 0);
      return { mask, values: pack(values, mask) };
    },
    globalModule: (state) => meanOf(state).slice(),
    sharedPositions: (_, architecture) => architecture,
  };
}

/** By pair; infinite where two clients hold nothing in common. */
function squaredDistances(vectors: readonly ClientVector[]): Float64Array {
  const n = vectors.length;
  const distances = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < i; j++) {
      const { both, either, apart } = compare(vectors[i], vectors[j]);
      const distance = both === 0 ? Number.POSITIVE_INFINITY : (apart * either) / both;
      distances[i * n + j] = distance;
      distances[j * n + i] = distance;
    }
  return distances;
}

/** Factory of {@link fedAmp}. */
export const fedAmpFactory = defineStrategy({
  kind: 'aggregator',
  name: 'fed-amp',
  summary: 'FedAMP: every client receives a mean of its own, in which others count by how near they are.',
  optionsSchema: z.strictObject({ sigma: z.number().positive().optional(), alpha: z.number().positive().optional() }),
  conformance: { traits: { weighted: false, perClient: true } },
  make: fedAmp,
});
