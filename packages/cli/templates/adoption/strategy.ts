import type { Adoption } from '@perfit/aggregation';
import { defineErrors, defineStrategy } from '@perfit/strategy';
import { z } from 'zod';

const errors = defineErrors('template-name', { 'bad-length': 'The own and the received adapter do not fit.' });

/** Options of {@link templateName}. */
export interface TemplateNameOptions {
  /** λ where the received adapter validates worse than the own one. Default 0.5. */
  readonly lambda?: number;
}

/**
 * Takes the received adapter, or where its own validation rows speak against it own + λ (received − own).
 *
 * @throws `template-name/bad-length`.
 */
export function templateName({ lambda = 0.5 }: TemplateNameOptions = {}): Adoption {
  return {
    name: 'template-name',
    adopt: async ({ own, received, validate }) => {
      if (own.length !== received.length)
        throw errors.make('bad-length', {
          what: `${own.length} own values and ${received.length} received ones`,
          cure: 'Write the download into a copy of the own adapter first',
        });
      const worse = (await validate(received)) > (await validate(own));
      if (!worse || lambda === 1) return { values: received.slice(), lambda: 1 };
      return { values: own.map((value, p) => (1 - lambda) * value + lambda * received[p]), lambda };
    },
  };
}

/** `template-name` in a configuration. */
export const templateNameFactory = defineStrategy({
  kind: 'adoption',
  name: 'template-name',
  summary: 'The received adapter, or a part of the way where it validates worse.',
  optionsSchema: z.strictObject({ lambda: z.number().min(0).max(1).default(0.5) }),
  make: templateName,
});
