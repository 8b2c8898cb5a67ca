import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import type { Adoption } from '../contract.js';
import { errors } from '../errors.js';
import { candidate } from './candidate.js';

/**
 * Goes a fixed share λ of the way from its own adapter to the received one: own + λ (received − own).
 *
 * @throws `aggregation/bad-option` unless 0 ≤ λ ≤ 1.
 */
export function interpolate({ lambda }: { readonly lambda: number }): Adoption {
  if (!(lambda >= 0 && lambda <= 1))
    throw errors.make('bad-option', { what: `interpolate: lambda is ${lambda}`, cure: 'Use 0 ≤ lambda ≤ 1' });
  return { name: 'interpolate', adopt: async (input) => ({ values: candidate(input, lambda), lambda }) };
}

/** Factory of {@link interpolate}. */
export const interpolateFactory = defineStrategy({
  kind: 'adoption',
  name: 'interpolate',
  summary: 'A fixed share of the way from the client’s own values to the received ones.',
  optionsSchema: z.strictObject({ lambda: z.number().min(0).max(1).default(0.5) }),
  make: interpolate,
});
