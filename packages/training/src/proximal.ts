import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import type { LocalUpdate } from './contract.js';

/**
 * FedProx (Li et al. 2020): the loss gains μ/2 · ‖w − w₀‖², w₀ what the session was opened with, so the gradient gains
 * μ (w − w₀).
 */
export function proximalUpdate({ mu }: { readonly mu: number }): LocalUpdate {
  return {
    name: 'proximal',
    correct: (engine, { gradient, values, anchor }) => {
      const apart = engine.sub(values, anchor);
      const pull = engine.mul(apart, engine.scalar(mu));
      const sum = engine.add(gradient, pull);
      engine.dispose(apart, pull, gradient);
      return sum;
    },
  };
}

/** `proximal` in a configuration. */
export const proximalUpdateFactory = defineStrategy({
  kind: 'localUpdate',
  name: 'proximal',
  summary: 'FedProx: pulls towards the values that the client received.',
  optionsSchema: z.strictObject({ mu: z.number().nonnegative().default(0.01) }),
  make: proximalUpdate,
});
