import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import type { Personalization } from '../contract.js';

/** Weights that are tried of the personal and of the shared adapter. */
const WEIGHTS = [0, 0.5, 1];

/** Options of {@link dual}. */
export interface DualOptions {
  /** Rounds between two synchronisations of the personal adapter. Default 2. */
  readonly syncEvery?: number;
  /** Weight of the L1 penalty on w₁, w₂, in units of the loss. Default 0.01. */
  readonly penalty?: number;
}

/**
 * FDLoRA (Qi et al. 2024): in round 1 every client trains its personal adapter, whose mean becomes the shared one; from
 * then on the shared adapter trains, and every `syncEvery` rounds the personal one is set to it. A client uses
 * w₁ θ_personal + w₂ θ_shared, factor by factor, with the weights that do best on its own validation rows, an L1 penalty
 * on them included. The paper finds w₁, w₂ by a black-box optimiser; here they come from the grid {0, ½, 1}² (ours).
 * Without validation rows both are ½. Its outer optimiser is a server rule.
 */
export function dual({ syncEvery = 2, penalty = 0.01 }: DualOptions = {}): Personalization {
  return {
    name: 'dual',
    secondAdapter: true,
    phases: ({ round }) => [
      {
        adapter: 'shared',
        share: 1,
        ...(round === 1 || round % syncEvery === 0 ? { afterwards: 'copy-to-personal' as const } : {}),
      },
    ],
    compose: async ({ shared, personal, validate }) => {
      const mix = (w1: number, w2: number) => shared.map((value, p) => w1 * personal[p]! + w2 * value);
      let best = { values: mix(0.5, 0.5), loss: Number.POSITIVE_INFINITY };
      for (const w1 of WEIGHTS)
        for (const w2 of WEIGHTS) {
          if (w1 + w2 === 0) continue;
          const values = mix(w1, w2);
          const loss = (await validate(values)) + penalty * (w1 + w2);
          if (loss < best.loss) best = { values, loss };
        }
      return best.values;
    },
  };
}

/** `dual` in a configuration. */
export const dualFactory = defineStrategy({
  kind: 'personalization',
  name: 'dual',
  summary: 'FDLoRA: a personal and a shared adapter, fused by the client’s own validation rows.',
  optionsSchema: z.strictObject({
    syncEvery: z.int().min(1).default(2),
    penalty: z.number().nonnegative().default(0.01),
  }),
  make: dual,
});
