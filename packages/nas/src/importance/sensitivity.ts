import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import type { Importance } from '../contract.js';
import { errors } from '../errors.js';
import { first } from './first.js';

/** Options of {@link sensitivity}. */
export interface SensitivityOptions {
  /** β₁ ∈ (0, 1) of the smoothed sensitivity. */
  readonly beta1: number;
  /** β₂ ∈ (0, 1) of the smoothed uncertainty. */
  readonly beta2: number;
}

/**
 * AdaLoRA's smoothed sensitivity times its uncertainty (Zhang et al. 2023), element by element. With I = |w·g|, both
 * means from 0 on,
 *
 * Ī ← β₁ Ī + (1 − β₁) I,  Ū ← β₂ Ū + (1 − β₂) |I − Ī|,  score Ī · Ū,
 *
 * the difference to the new Ī. At the first iteration the score is (1 − β₁)(1 − β₂) β₁ I², which ranks as `first` does;
 * an Ī that began at the first I would make every Ū, and so every score, 0. The paper takes one I per training step;
 * here it is one per iteration of the search, of its mean gradient (ours): the same where `stepsBetween` is 1.
 *
 * Keeps Ī and Ū over one search: make a new one for the next.
 *
 * @throws `bad-option` unless 0 < β₁, β₂ < 1
 */
export function sensitivity({ beta1, beta2 }: SensitivityOptions = { beta1: 0.85, beta2: 0.85 }): Importance {
  for (const [name, beta] of Object.entries({ beta1, beta2 }))
    if (!(beta > 0 && beta < 1))
      throw errors.make('bad-option', { what: `sensitivity: ${name} is ${beta}`, cure: `Use 0 < ${name} < 1` });
  const instant = first();
  let smoothed = new Float32Array(0);
  let uncertainty = new Float32Array(0);
  return {
    name: 'sensitivity',
    needs: instant.needs,
    score: (input) => {
      const scores = instant.score(input);
      if (smoothed.length !== scores.length) {
        smoothed = new Float32Array(scores.length);
        uncertainty = new Float32Array(scores.length);
      }
      return scores.map((now, p) => {
        smoothed[p] = beta1 * smoothed[p] + (1 - beta1) * now;
        uncertainty[p] = beta2 * uncertainty[p] + (1 - beta2) * Math.abs(now - smoothed[p]);
        return smoothed[p] * uncertainty[p];
      });
    },
  };
}

const beta = z.number().gt(0).lt(1).default(0.85);

/** Registers {@link sensitivity}. */
export const sensitivityFactory = defineStrategy({
  kind: 'importance',
  name: 'sensitivity',
  summary: 'AdaLoRA’s smoothed |w·g| times its uncertainty, over the iterations of a search.',
  optionsSchema: z.strictObject({ beta1: beta, beta2: beta }),
  make: sensitivity,
});
