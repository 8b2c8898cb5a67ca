import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import type { Adoption } from '../contract.js';
import { candidate } from './candidate.js';

/** Tried in this order: a tie keeps the earlier, so the larger λ. */
const LAMBDAS = [1, 0.5, 0];

/**
 * Picks λ ∈ {0, ½, 1} between its own adapter and the received one by the loss on its own validation rows (ours), so
 * that federation can hardly hurt it. Ties go to the larger λ (ours): without evidence against it a client follows the
 * federation. A NaN loss counts as the worst. Without validation rows every loss is `Infinity`, and λ = 1: `replace`.
 */
export function validated(): Adoption {
  return {
    name: 'validated',
    adopt: async (input) => {
      let best = { values: candidate(input, LAMBDAS[0]), lambda: LAMBDAS[0], loss: Number.POSITIVE_INFINITY };
      for (const lambda of LAMBDAS) {
        const values = candidate(input, lambda);
        const loss = await input.validate(values);
        if (loss < best.loss) best = { values, lambda, loss };
      }
      return { values: best.values, lambda: best.lambda };
    },
  };
}

/** Factory of {@link validated}. */
export const validatedFactory = defineStrategy({
  kind: 'adoption',
  name: 'validated',
  summary: 'Own, received, or the mean of both, whichever does best on the client’s validation rows.',
  optionsSchema: z.strictObject({}),
  make: validated,
});
