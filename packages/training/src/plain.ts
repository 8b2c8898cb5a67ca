import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import type { LocalUpdate } from './contract.js';

/** The loss's own gradient, as it is. */
export function plainUpdate(): LocalUpdate {
  return { name: 'plain', correct: (_engine, { gradient }) => gradient };
}

/** `plain` in a configuration. */
export const plainUpdateFactory = defineStrategy({
  kind: 'localUpdate',
  name: 'plain',
  summary: "The loss's own gradient.",
  optionsSchema: z.strictObject({}),
  make: plainUpdate,
});
