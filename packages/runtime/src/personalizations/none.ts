import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import type { Personalization } from '../contract.js';

/** One adapter, trained for all of the round's steps: what is personal is what its masks keep at home. */
export function none(): Personalization {
  return {
    name: 'none',
    secondAdapter: false,
    phases: () => [{ adapter: 'shared', share: 1 }],
    compose: async ({ shared }) => shared,
  };
}

/** `none` in a configuration. */
export const noneFactory = defineStrategy({
  kind: 'personalization',
  name: 'none',
  summary: 'One adapter: personal is what the masks keep at home.',
  optionsSchema: z.strictObject({}),
  make: none,
});
