import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import type { Sampler } from '../contract.js';

/**
 * A uniform sample of max(1, round(fraction · n)) clients without replacement (McMahan et al. 2017). A fraction of 1
 * takes every client and draws nothing.
 */
export function fraction({ fraction: share }: { readonly fraction: number }): Sampler {
  return {
    name: 'fraction',
    sample: (clients, _round, random) => {
      const count = Math.max(1, Math.round(share * clients.length));
      if (count >= clients.length) return clients;
      const order = clients.map((_, index) => index);
      for (let i = 0; i < count; i++) {
        const j = i + Math.floor(random() * (order.length - i));
        [order[i], order[j]] = [order[j]!, order[i]!];
      }
      return order
        .slice(0, count)
        .sort((a, b) => a - b)
        .map((index) => clients[index]!);
    },
  };
}

/** Factory of {@link fraction}. */
export const fractionFactory = defineStrategy({
  kind: 'sampler',
  name: 'fraction',
  summary: 'A uniform share of the clients, without replacement.',
  optionsSchema: z.strictObject({ fraction: z.number().gt(0).max(1).default(1) }),
  make: fraction,
});
