import { type Architecture, liveComponents, pack, slotsBySite, unpack } from '@perfit/lora';
import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import { checkedFold } from '../checked-fold.js';
import { componentsOf } from '../components.js';
import type { Aggregator, ServerState } from '../contract.js';
import { leadingComponents } from '../leading-components.js';
import { productSum } from '../product-sum.js';
import { readPlaces, type SitePlace, writePlaces } from '../site-places.js';
import { stateArray } from '../state-array.js';

/**
 * FlexLoRA (Bai et al. 2024): the mean of the clients' products, decomposed and cut to every receiver's rank,
 *
 *     Σ p_i B_i A_i = U S Vᵀ,   B = U √S,   A = √S Vᵀ,   p_i = n_i / Σ n
 *
 * with components in falling order of their singular values. A client gets as many of them as it has live components in
 * a site, the first in its first: the best approximation of the mean at its rank. Ours: S is shared out evenly between B
 * and A; of every left vector the largest entry is positive; components beyond the rank of the mean have B = 0 and θ₀'s row of
 * A, so that they can train. Before the first round the mean is θ₀.
 *
 * The sum is held as in {@link flora}; its SVD costs O((in + out) q² + q³) a site, q = min(Σ r_i, in, out).
 * State: `start [P]`, θ₀; `g [P]`, all R components; `places`, where the sites lie in θ.
 */
export function flexLora(): Aggregator {
  const read = (state: ServerState, size?: number) => ({
    start: stateArray(state, 'start', 'Float32Array', size),
    g: stateArray(state, 'g', 'Float32Array', size),
    places: readPlaces(state),
  });
  return {
    name: 'flex-lora',
    demands: { components: true, everythingTravels: true },
    initialize: (layout, start) => {
      const theta = stateArray({ start }, 'start', 'Float32Array', layout.size);
      return { start: theta.slice(), g: theta.slice(), places: writePlaces(slotsBySite(layout)) };
    },
    fold: (state, context) => {
      const { layout } = context;
      const { start, places } = read(state, layout.size);
      const slots = slotsBySite(layout);
      const sums = slots.map(({ site }) => productSum(site));
      let examples = 0;
      return checkedFold(state, context, {
        add: ({ mask, values, examples: n }) => {
          for (const { site, a, b } of componentsOf(layout, unpack(mask, values))) sums[site].add(n, a, b);
          examples += n;
        },
        finish: () => {
          const g = start.slice();
          const even = Math.sqrt(examples);
          for (const [s, { A, B }] of slots.entries()) {
            for (let p = B.offset; p < B.offset + B.size; p++) g[p] = 0;
            for (const [k, { a, b }] of leadingComponents(sums[s], A.rows).entries()) {
              for (let i = 0; i < A.columns; i++) g[A.offset + k * A.columns + i] = a[i] / even;
              for (let o = 0; o < B.rows; o++) g[B.offset + o * B.columns + k] = b[o] / even;
            }
          }
          return { start, g, places: writePlaces(places) };
        },
      });
    },
    download: (state, { architecture }) => {
      const { g, places } = read(state, architecture.size);
      return { mask: architecture, values: pack(largestFirst(g, places, architecture), architecture) };
    },
    globalModule: (state) => read(state).g.slice(),
    sharedPositions: (_, architecture) => architecture,
  };
}

/** g with its first components moved to where the architecture has live ones. */
function largestFirst(g: Float32Array, places: readonly SitePlace[], architecture: Architecture): Float32Array {
  const moved = new Float32Array(g.length);
  for (const { A, B } of places)
    for (const [j, k] of liveComponents({ A, B }, architecture).entries()) {
      const [from, to] = [A.offset + j * A.columns, A.offset + k * A.columns];
      moved.set(g.subarray(from, from + A.columns), to);
      for (let p = B.offset; p < B.offset + B.rows * B.columns; p += B.columns) moved[p + k] = g[p + j];
    }
  return moved;
}

/** Factory of {@link flexLora}. */
export const flexLoraFactory = defineStrategy({
  kind: 'aggregator',
  name: 'flex-lora',
  summary: 'FlexLoRA: the mean of the products, decomposed and cut to every receiver’s rank.',
  optionsSchema: z.strictObject({}),
  make: flexLora,
});
