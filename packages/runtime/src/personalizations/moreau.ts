import { defineStrategy } from '@perfit/strategy';
import { type LocalUpdate, proximalUpdate } from '@perfit/training';
import { z } from 'zod';
import type { Personalization } from '../contract.js';

/** Options of {@link moreau}. */
export interface MoreauOptions {
  /** λ of the Moreau envelope. Default 1. */
  readonly lambda?: number;
  /** Steps on θ before w moves. Default 2. */
  readonly innerSteps?: number;
  /** ηλ, the share of the way from w to θ that w moves, in (0, 1]. Default 0.5. */
  readonly outerShare?: number;
}

/**
 * pFedMe (T. Dinh et al. 2020): the personal θ descends on F(θ) + λ/2 ‖θ − w‖², and after every `innerSteps` of its
 * steps the local w moves by w ← w − ηλ (w − θ). Clients send w and use θ. The paper repeats one batch for the inner
 * steps; here every step has the next batch, so that the examples are those of every other method (ours), and θ goes on
 * from round to round.
 */
export function moreau({ lambda = 1, innerSteps = 2, outerShare = 0.5 }: MoreauOptions = {}): Personalization {
  const localUpdate: LocalUpdate = {
    ...proximalUpdate({ mu: lambda }),
    name: 'moreau',
    moveAnchor: (engine, { values, anchor, step }) => {
      if (step % innerSteps !== 0) return undefined;
      const apart = engine.sub(values, anchor);
      const part = engine.mul(apart, engine.scalar(outerShare));
      const moved = engine.add(anchor, part);
      engine.dispose(apart, part);
      return moved;
    },
  };
  return {
    name: 'moreau',
    secondAdapter: true,
    phases: () => [{ adapter: 'personal', share: 1, anchor: 'received', localUpdate, afterwards: 'anchor-to-shared' }],
    compose: async ({ personal }) => personal,
  };
}

/** `moreau` in a configuration. */
export const moreauFactory = defineStrategy({
  kind: 'personalization',
  name: 'moreau',
  summary: 'pFedMe: a personal adapter within a Moreau envelope of the shared one.',
  optionsSchema: z.strictObject({
    lambda: z.number().nonnegative().default(1),
    innerSteps: z.int().min(1).default(2),
    outerShare: z.number().gt(0).max(1).default(0.5),
  }),
  make: moreau,
});
