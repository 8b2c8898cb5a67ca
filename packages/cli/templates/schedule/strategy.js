import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';

/** to + (from − to) (1 − i/n)^power positions stay after iteration i of n, rounded; the last leaves `to` exactly. */
export function templateName({ power = 2 } = {}) {
  return {
    name: 'template-name',
    keep: ({ iteration, iterations, from, to }) => Math.round(to + (from - to) * (1 - iteration / iterations) ** power),
  };
}

/** `template-name` in a configuration. */
export const templateNameFactory = defineStrategy({
  kind: 'schedule',
  name: 'template-name',
  summary: 'A power law from the dense start to the budget.',
  optionsSchema: z.strictObject({ power: z.number().positive().default(2) }),
  make: templateName,
});
