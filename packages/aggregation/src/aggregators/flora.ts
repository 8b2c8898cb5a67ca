import { liveComponents, pack, type SiteSlots, slotsBySite, unpack } from '@perfit/lora';
import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import { checkedFold } from '../checked-fold.js';
import { componentsOf } from '../components.js';
import type { Aggregator, ServerState } from '../contract.js';
import { type ProductSum, productSum } from '../product-sum.js';
import { addToResidual, residualFromState, residualToState } from '../residual-state.js';
import { stateArray } from '../state-array.js';

/**
 * FLoRA (Wang et al. 2024): stacking the clients' factors sums their products exactly, whatever their ranks. Every round
 * adds
 *
 *     ΔW = Σ p_i σ B_i A_i,   p_i = n_i / Σ n
 *
 * to the frozen weights, and every client starts anew from its part of θ₀ (the paper draws a new one). Where σ B₀ A₀ of
 * that start is not 0, it is taken out of ΔW, since the client has it again: ours. What was added so far is held as
 * stacked factors until the stack of a site would be as large as its weight, and as one matrix from then on.
 *
 * State: `start [P]`, θ₀; the residual. Up to min(in, out) · (in + out) numbers a site.
 */
export function flora(): Aggregator {
  const startOf = (state: ServerState, size?: number) => stateArray(state, 'start', 'Float32Array', size);
  return {
    name: 'flora',
    demands: { components: true, everythingTravels: true },
    initialize: ({ size }, start) => ({ start: startOf({ start }, size).slice() }),
    fold: (state, context) => {
      const { layout, scale } = context;
      const start = startOf(state, layout.size);
      const before = residualFromState(state, layout);
      const slots = slotsBySite(layout);
      const sums = slots.map(({ site }) => productSum(site));
      /** By site and component: Σ n_i over the clients that have it. */
      const starts = slots.map(({ A }) => new Float64Array(A.rows));
      let examples = 0;
      return checkedFold(state, context, {
        add: ({ mask, values, examples: n }) => {
          for (const { site, a, b } of componentsOf(layout, unpack(mask, values))) sums[site].add(n, a, b);
          for (const [site, own] of slots.entries()) for (const k of liveComponents(own, mask)) starts[site][k] += n;
          examples += n;
        },
        finish: () => {
          for (const [site, own] of slots.entries()) takeOut(sums[site], own, start, starts[site]);
          const added = sums.map((sum) => sum.factor(scale / examples));
          return { start, ...residualToState(addToResidual(layout, before, added)) };
        },
      });
    },
    download: (state, { architecture }) => ({
      mask: architecture,
      values: pack(startOf(state, architecture.size), architecture),
    }),
    globalModule: (state) => startOf(state).slice(),
    residual: (state) => residualFromState(state),
    sharedPositions: (_, architecture) => architecture,
  };
}

/** Takes Σ_k w_k b_k a_kᵀ of θ₀ out of a sum, unless it is exactly 0, as for starts with B = 0 or with mirrored twins. */
function takeOut(sum: ProductSum, { A, B, site }: SiteSlots, start: Float32Array, weights: Float64Array): void {
  const held = [...weights.keys()].filter((k) => weights[k] > 0);
  const b = (o: number, k: number) => start[B.offset + o * B.columns + k];
  const a = (k: number, i: number) => start[A.offset + k * A.columns + i];
  const isZero = () => {
    for (let o = 0; o < site.out; o++)
      for (let i = 0; i < site.in; i++) {
        let entry = 0;
        for (const k of held) entry += weights[k] * b(o, k) * a(k, i);
        if (entry !== 0) return false;
      }
    return true;
  };
  if (isZero()) return;
  for (const k of held)
    sum.add(
      -weights[k],
      start.subarray(A.offset + k * A.columns, A.offset + (k + 1) * A.columns),
      Float32Array.from({ length: site.out }, (_, o) => b(o, k)),
    );
}

/** Factory of {@link flora}. */
export const floraFactory = defineStrategy({
  kind: 'aggregator',
  name: 'flora',
  summary: 'FLoRA: the stacked adapters of a round go into the frozen weights, and every client starts anew from θ₀.',
  optionsSchema: z.strictObject({}),
  make: flora,
});
