import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import type { Attack } from '../contract.js';

/** Sends what the client received with normal noise on it, as large as `scale` times the root mean square of its change. */
export function noise({ scale = 10 }: { readonly scale?: number } = {}): Attack {
  return {
    name: 'noise',
    corrupt: ({ values, received, random }) => {
      const change = values.reduce((sum, value, j) => sum + (value - received[j]!) ** 2, 0);
      const std = scale * Math.sqrt(change / Math.max(1, values.length));
      // Box & Muller (1958), one draw of each pair; 1 − u is never 0.
      const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
      return values.map((_, j) => received[j]! + std * normal());
    },
  };
}

/** `noise` in a configuration. */
export const noiseFactory = defineStrategy({
  kind: 'attack',
  name: 'noise',
  summary: 'Sends noise in place of what was learned.',
  optionsSchema: z.strictObject({ scale: z.number().positive().default(10) }),
  make: noise,
});
