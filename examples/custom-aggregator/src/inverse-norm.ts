import { type Aggregator, addWeighted, checkedFold, stateArray, type Update } from '@perfit/aggregation';
import { livePositions, pack } from '@perfit/lora';
import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';

/** Options of {@link inverseNorm}. */
export interface InverseNormOptions {
  /** ε: a client that moved by less counts no more than one that moved by as much. Default 1e-4. */
  readonly floor?: number;
}

/**
 * A mean in which clients that moved far count less: nᵢ / max(ε, rᵢ) in place of nᵢ, where rᵢ is the root mean square of
 * θᵢ − g over what client i sent. One smoothed Weiszfeld step from g towards the geometric median (RFA, Pillutla, Kakade
 * and Harchaoui 2022); that clients of different ranks compare by root mean squares is ours. State: `g [P]`, from θ₀.
 */
export function inverseNorm({ floor = 1e-4 }: InverseNormOptions = {}): Aggregator {
  return {
    name: 'inverse-norm',
    initialize: (_, start) => ({ g: start.slice() }),
    fold: (state, context) => {
      const before = stateArray(state, 'g', 'Float32Array', context.layout.size);
      const [sum, weight] = [new Float64Array(before.length), new Float64Array(before.length)];
      const moved = ({ mask, values }: Update) =>
        Math.sqrt(livePositions(mask).reduce((all, p, i) => all + (values[i] - before[p]) ** 2, 0) / mask.live);
      return checkedFold(state, context, {
        add: (update) => {
          if (update.mask.live === 0) return;
          addWeighted(sum, weight, update.mask, update.values, update.examples / Math.max(floor, moved(update)));
        },
        finish: () => ({ g: before.map((old, p) => (weight[p] > 0 ? sum[p] / weight[p] : old)) }),
      });
    },
    download: (state, { architecture }) => ({
      mask: architecture,
      values: pack(stateArray(state, 'g', 'Float32Array', architecture.size), architecture),
    }),
    globalModule: (state) => stateArray(state, 'g', 'Float32Array').slice(),
    sharedPositions: (_, architecture) => architecture,
  };
}

/** `inverse-norm` in a configuration. */
export const inverseNormFactory = defineStrategy({
  kind: 'aggregator',
  name: 'inverse-norm',
  summary: 'A mean in which clients that moved far count less.',
  optionsSchema: z.strictObject({ floor: z.number().positive().default(1e-4) }),
  make: inverseNorm,
});
