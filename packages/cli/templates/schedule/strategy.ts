import type { Schedule } from '@perfit/nas';
import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';

/** Options of {@link templateName}. */
export interface TemplateNameOptions {
  /** Above 1 most positions go early, below 1 late; 1 is linear. Default 2. */
  readonly power?: number;
}

/** to + (from − to) (1 − i/n)^power positions stay after iteration i of n, rounded; the last leaves `to` exactly. */
export function templateName({ power = 2 }: TemplateNameOptions = {}): Schedule {
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
