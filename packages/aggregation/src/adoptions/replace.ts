import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import type { Adoption } from '../contract.js';
import { candidate } from './candidate.js';

/** Takes what it receives (PerFIT, FedIT): λ = 1. */
export function replace(): Adoption {
  return { name: 'replace', adopt: async (input) => ({ values: candidate(input, 1), lambda: 1 }) };
}

/** Factory of {@link replace}. */
export const replaceFactory = defineStrategy({
  kind: 'adoption',
  name: 'replace',
  summary: 'The received values replace the client’s own.',
  optionsSchema: z.strictObject({}),
  make: replace,
});
