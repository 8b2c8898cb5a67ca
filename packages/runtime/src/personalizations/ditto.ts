import { defineStrategy } from '@perfit/strategy';
import { proximalUpdate } from '@perfit/training';
import { z } from 'zod';
import type { Personalization } from '../contract.js';

/** Options of {@link ditto}. */
export interface DittoOptions {
  /** λ of the pull. Default 0.1. */
  readonly lambda?: number;
}

/**
 * Ditto (Li et al. 2021): beside the shared adapter w, which trains and travels as the method says, every client trains
 * a personal v on min_v F(v) + λ/2 ‖v − wᵗ‖², wᵗ the shared adapter as it was received. Clients use v.
 *
 * Costs a second set of steps a round, on the same examples.
 */
export function ditto({ lambda = 0.1 }: DittoOptions = {}): Personalization {
  return {
    name: 'ditto',
    secondAdapter: true,
    phases: () => [
      { adapter: 'shared', share: 1 },
      { adapter: 'personal', share: 1, anchor: 'received', localUpdate: proximalUpdate({ mu: lambda }) },
    ],
    compose: async ({ personal }) => personal,
  };
}

/** `ditto` in a configuration. */
export const dittoFactory = defineStrategy({
  kind: 'personalization',
  name: 'ditto',
  summary: 'A personal adapter pulled towards the shared one as it was received; twice the steps.',
  optionsSchema: z.strictObject({ lambda: z.number().nonnegative().default(0.1) }),
  make: ditto,
});
