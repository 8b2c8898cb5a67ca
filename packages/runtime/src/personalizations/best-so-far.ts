import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import type { Personalization } from '../contract.js';
import { betterAdapter } from './better-adapter.js';

/**
 * Every client uses the best adapter that it has had so far, by its own validation rows (ours): after its local steps
 * and after every download it chooses between what it used until now, the shared adapter as it is, and the mean of
 * both, and what it chooses is its personal adapter from then on. The shared adapter trains and travels on as if nothing
 * had been chosen. So local steps that overfit, and averages that hurt, do not reach the client; what is left is the
 * noise of its validation rows. A draw goes to the shared adapter; without validation rows that is always used.
 */
export function bestSoFar(): Personalization {
  return {
    name: 'best-so-far',
    secondAdapter: true,
    keepsComposition: true,
    phases: () => [{ adapter: 'shared', share: 1 }],
    compose: betterAdapter,
  };
}

/** `best-so-far` in a configuration. */
export const bestSoFarFactory = defineStrategy({
  kind: 'personalization',
  name: 'best-so-far',
  summary: 'The best adapter so far by the client’s own validation rows is used (ours).',
  optionsSchema: z.strictObject({}),
  make: bestSoFar,
});
