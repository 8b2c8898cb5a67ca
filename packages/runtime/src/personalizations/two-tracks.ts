import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import type { Personalization } from '../contract.js';
import { betterAdapter } from './better-adapter.js';

/**
 * Every client follows the federation and goes alone at the same time (ours): beside the shared adapter, which trains and
 * travels as the method says, it trains a second one that neither leaves nor receives anything, on the same architecture.
 * It uses whichever its validation rows prefer, or the mean of both.
 *
 * Both are judged at the same moment, and neither track bends to the judgement: a client that rejects a mean because its own
 * adapter is a round's steps ahead would never learn what the mean is worth as a start, and take it from others.
 * Costs a second set of steps a round, on the same examples.
 */
export function twoTracks(): Personalization {
  return {
    name: 'two-tracks',
    secondAdapter: true,
    phases: () => [
      { adapter: 'shared', share: 1 },
      { adapter: 'personal', share: 1 },
    ],
    compose: betterAdapter,
  };
}

/** `two-tracks` in a configuration. */
export const twoTracksFactory = defineStrategy({
  kind: 'personalization',
  name: 'two-tracks',
  summary:
    'A second adapter that goes alone; the better one by the client’s validation rows is used; twice the steps (ours).',
  optionsSchema: z.strictObject({}),
  make: twoTracks,
});
