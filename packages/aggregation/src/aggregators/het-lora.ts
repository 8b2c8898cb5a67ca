import { fullArchitecture, pack, type SiteSlots, slotsBySite, unpack } from '@perfit/lora';
import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import { checkedFold } from '../checked-fold.js';
import type { Aggregator, ServerState } from '../contract.js';
import { stateArray } from '../state-array.js';
import { zeroPaddedMean } from '../zero-padded-mean.js';

/** Added to every weight, so that updates whose products are all 0 weigh alike. */
const LEAST = 1e-30;

/**
 * HetLoRA (Cho et al. 2024), the server's part: updates are padded with zeros to the largest rank and averaged by the
 * size of what they learned,
 *
 *     g = Σ s_i θ_i / Σ s_i,   s_i = ‖ΔW_i‖_F = √(Σ_sites ‖B_i A_i‖²_F)
 *
 * whatever their numbers of examples, and every client receives g cut to its own components. The paper writes s_i for
 * one pair of factors; the root of the sum over all sites is ours, and so is that a component that nobody sent keeps its
 * values. The client's part is the local update rule `rank-decay`.
 *
 * State: `g [P]`, θ₀ before the first round.
 */
export function hetLora(): Aggregator {
  const meanOf = (state: ServerState, size?: number) => stateArray(state, 'g', 'Float32Array', size);
  return {
    name: 'het-lora',
    demands: { components: true, everythingTravels: true },
    initialize: ({ size }, start) => ({ g: meanOf({ g: start }, size).slice() }),
    fold: (state, context) => {
      const { layout } = context;
      const mean = zeroPaddedMean(meanOf(state, layout.size));
      const slots = slotsBySite(layout);
      return checkedFold(state, context, {
        add: ({ mask, values }) => {
          const theta = unpack(mask, values);
          const squared = slots.reduce((sum, site) => sum + squaredNorm(theta, site), 0);
          mean.add(mask, values, Math.sqrt(squared) + LEAST);
        },
        finish: () => ({ g: mean.mean() }),
      });
    },
    download: (state, { architecture }) => ({
      mask: architecture,
      values: pack(meanOf(state, architecture.size), architecture),
    }),
    globalModule: (state) => meanOf(state).slice(),
    point: {
      read: (state) => meanOf(state),
      known: (state) => fullArchitecture(meanOf(state).length),
      write: (state, g) => ({ ...state, g }),
    },
    sharedPositions: (_, architecture) => architecture,
  };
}

/** ‖B A‖²_F = Σ_kl (BᵀB)_kl (AAᵀ)_kl, without the product. */
function squaredNorm(theta: Float32Array, { A, B }: SiteSlots): number {
  const a = (k: number, i: number) => theta[A.offset + k * A.columns + i];
  const b = (k: number, o: number) => theta[B.offset + o * B.columns + k];
  const dot = (factor: typeof a, k: number, l: number, length: number) => {
    let sum = 0;
    for (let i = 0; i < length; i++) sum += factor(k, i) * factor(l, i);
    return sum;
  };
  let squared = 0;
  for (let k = 0; k < A.rows; k++)
    for (let l = 0; l <= k; l++) {
      const term = dot(a, k, l, A.columns) * dot(b, k, l, B.rows);
      squared += l < k ? 2 * term : term;
    }
  // Rounding may leave a little below 0 where components cancel.
  return Math.max(0, squared);
}

/** Factory of {@link hetLora}. */
export const hetLoraFactory = defineStrategy({
  kind: 'aggregator',
  name: 'het-lora',
  summary: 'HetLoRA: ranks padded with zeros, the mean weighted by the norms of the clients’ products.',
  optionsSchema: z.strictObject({}),
  conformance: { traits: { weighted: false } },
  make: hetLora,
});
