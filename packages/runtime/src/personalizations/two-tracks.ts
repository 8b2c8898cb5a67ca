import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import type { Personalization } from '../contract.js';
import { betterAdapter, candidatesOf } from './better-adapter.js';

/** Options of {@link twoTracks}. */
export interface TwoTracksOptions {
  /** Whether clients choose by all clients' validation rows together with their own. Default true. */
  readonly pooled?: boolean;
}

/**
 * Every client follows the federation and goes alone at the same time (ours): beside the shared adapter, which trains and
 * travels as the method says, it trains a second one that neither leaves nor receives anything, on the same architecture.
 * It uses whichever its validation rows prefer, or the mean of both.
 *
 * Both are judged at the same moment, and neither track bends to the judgement: a client that rejects a mean because its own
 * adapter is a round's steps ahead would never learn what the mean is worth as a start, and take it from others.
 * Costs a second set of steps a round, on the same examples.
 *
 * A dozen validation rows tell little: `pooled`, a client's loss difference to the shared adapter is shrunk towards the mean
 * of all clients' by how much clients really differ (`pooled-choice.ts`), so that clients who are all alike choose as one.
 * For that each tells the server four numbers, and hears four, at each of two moments a round.
 */
export function twoTracks({ pooled = true }: TwoTracksOptions = {}): Personalization {
  return {
    name: 'two-tracks',
    secondAdapter: true,
    phases: () => [
      { adapter: 'shared', share: 1 },
      { adapter: 'personal', share: 1 },
    ],
    compose: pooled ? ({ choose, ...adapters }) => choose(candidatesOf(adapters)) : betterAdapter,
  };
}

/** `two-tracks` in a configuration. */
export const twoTracksFactory = defineStrategy({
  kind: 'personalization',
  name: 'two-tracks',
  summary:
    'A second adapter that goes alone; the better one by validation rows, the client’s and all together, is used; twice the steps (ours).',
  optionsSchema: z.strictObject({ pooled: z.boolean().default(true) }),
  make: twoTracks,
});
