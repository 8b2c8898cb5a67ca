import type { Sampler } from '@perfit/runtime';
import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';

/** Options of {@link templateName}. */
export interface TemplateNameOptions {
  /** Clients a round. Default 2. */
  readonly count?: number;
}

/**
 * Clients take turns: round t takes the next `count` of them, from the first again after the last. Draw from the third
 * argument where chance plays a part; it is a stream of the run's seed.
 */
export function templateName({ count = 2 }: TemplateNameOptions = {}): Sampler {
  return {
    name: 'template-name',
    sample: (clients, round) => {
      const first = ((round - 1) * count) % clients.length;
      return clients.filter((_, i) => (i - first + clients.length) % clients.length < count);
    },
  };
}

/** `template-name` in a configuration. */
export const templateNameFactory = defineStrategy({
  kind: 'sampler',
  name: 'template-name',
  summary: 'Clients take turns.',
  optionsSchema: z.strictObject({ count: z.int().min(1).default(2) }),
  make: templateName,
});
