import { defineStrategy, RESOLVE_STRATEGY, type ResolveStrategy } from '@perfit/strategy';
import { z } from 'zod';
import { IMPORTANCE, type Importance } from '../contract.js';
import { type Layers, layersOf } from '../layers.js';

/** Operations per token and position: 2 forward, 2 for its own gradient, 2 for the gradient of its input. */
const OWN = 6;

/** What a position of each layer costs per token, the layers from the lowest: {@link perFlop}. */
function costs({ count, positions, flops }: Layers): readonly number[] {
  const cost = new Array<number>(count).fill(OWN);
  let below = 0;
  for (let layer = 0; layer + 1 < count; layer++) {
    below += positions[layer];
    for (let user = 0; user <= layer; user++) cost[user] += flops[layer + 1] / below;
  }
  return cost;
}

/**
 * Another importance, divided by the floating-point operations per token that keeping the position costs, in layer ℓ
 *
 * 6 + Σ_{j>ℓ} F_j / N_j,
 *
 * F_j the operations of one product with the frozen projections of layer j, N_j the positions below layer j. Every
 * position costs its own 2 forward and 4 backward. The frozen projections of layer j must be gone through backwards as
 * soon as anything below them trains, which is as dear for one position as for all of them: those that need it share it
 * equally, the Shapley value of that cost (Littlechild & Owen 1973), so that the costs of all positions add up to what
 * training all of them costs. Ours, as are its limits: shares are those of the dense layout and stay over a search; only
 * adapted projections count, and whole layers (a position also needs a part of its own layer).
 *
 * Within a layer the order stays, between layers it leans upwards: under `weight`, `rank` and `site` lower layers empty
 * sooner, but nothing is saved before one is empty. `prefix` reads no scores, and `prefix-weight` counts operations
 * itself. Scores that may be below 0 would be turned around.
 */
export function perFlop(importance: Importance): Importance {
  return {
    name: 'per-flop',
    needs: importance.needs,
    score: (input) => {
      const layers = layersOf(input.layout);
      const cost = costs(layers);
      return importance.score(input).map((score, position) => score / cost[layers.of[position]]);
    },
  };
}

/** Registers {@link perFlop}. */
export const perFlopFactory = defineStrategy({
  kind: 'importance',
  name: 'per-flop',
  summary: 'Another importance, divided by the operations per token that keeping the position costs.',
  optionsSchema: z.strictObject({
    of: z.union([z.string().min(1), z.looseObject({ name: z.string().min(1) })]).default('first'),
  }),
  requires: { resolve: RESOLVE_STRATEGY },
  make: ({ of }, { resolve }) => perFlop((resolve as ResolveStrategy)(IMPORTANCE, 'importance', of)),
});
