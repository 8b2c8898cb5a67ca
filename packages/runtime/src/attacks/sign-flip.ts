import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import type { Attack } from '../contract.js';

/** Sends the opposite of what the client learned, enlarged: θ_received − scale · (θ − θ_received). */
export function signFlip({ scale = 10 }: { readonly scale?: number } = {}): Attack {
  return {
    name: 'sign-flip',
    corrupt: ({ values, received }) => values.map((value, j) => received[j]! - scale * (value - received[j]!)),
  };
}

/** `sign-flip` in a configuration. */
export const signFlipFactory = defineStrategy({
  kind: 'attack',
  name: 'sign-flip',
  summary: 'Sends the opposite of what was learned, enlarged.',
  optionsSchema: z.strictObject({ scale: z.number().positive().default(10) }),
  make: signFlip,
});
