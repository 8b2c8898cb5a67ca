import { applyArchitecture } from '@perfit/lora';
import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import type { LocalUpdate } from './contract.js';

/**
 * SCAFFOLD (Karimireddy et al. 2020), the client's part: every step follows g − c_i + c, c the server's control and c_i
 * the client's own, so that what a client's gradient has apart from all clients' is taken out of its steps. After the
 * round
 *
 *     c_i⁺ = mean of the client's own gradients g over its steps,   Δc_i = c_i⁺ − c_i is sent
 *
 * The paper has two options for c_i⁺: the gradient at the start of the round, at the price of another pass (I), or
 * c_i − c + (x − y) / (K η), from the way that K plain steps of size η went (II). That way is η Σ (g − c_i + c), so II is
 * the mean gradient. Under AdamW the way is no sum of gradients, while their mean still is what it was: hence it, ours.
 * Gradients are taken before clipping; controls are 0 outside of the architecture.
 *
 * The server's part is the aggregator `scaffold`.
 */
export function scaffoldUpdate(): LocalUpdate {
  return {
    name: 'scaffold',
    receives: ['control'],
    remembers: ['ownControl'],
    sends: ['controlChange'],
    correct: (engine, { gradient, vectors }) => {
      const own = engine.sub(gradient, vectors.ownControl!);
      const corrected = engine.add(own, vectors.control!);
      engine.dispose(own, gradient);
      return corrected;
    },
    conclude: ({ architecture, meanGradient, steps, vectors }) => {
      const before = vectors.ownControl!;
      const ownControl = steps > 0 ? applyArchitecture(meanGradient, architecture) : before;
      return {
        remember: { ownControl },
        send: { controlChange: ownControl.map((value, p) => value - before[p]!) },
      };
    },
  };
}

/** `scaffold` in a configuration. */
export const scaffoldUpdateFactory = defineStrategy({
  kind: 'localUpdate',
  name: 'scaffold',
  summary: 'SCAFFOLD: control variates take the client’s drift out of every step.',
  optionsSchema: z.strictObject({}),
  make: scaffoldUpdate,
});
