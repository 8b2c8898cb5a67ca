import type { Importance } from '@perfit/nas';
import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';

/** Options of {@link templateName}. */
export interface TemplateNameOptions {
  /** Exponent of |w|: 1 is the first-order score, 0 the gradient alone. Default 1. */
  readonly power?: number;
}

/**
 * |w|^power · |g|, from the values after the last step and the mean gradient. A search keeps what scores higher; name
 * `fisher` under `needs` to be given F too.
 */
export function templateName({ power = 1 }: TemplateNameOptions = {}): Importance {
  return {
    name: 'template-name',
    needs: ['gradient'],
    score: ({ statistics: { values, gradient } }) =>
      values.map((value, p) => Math.abs(value) ** power * Math.abs(gradient[p])),
  };
}

/** `template-name` in a configuration. */
export const templateNameFactory = defineStrategy({
  kind: 'importance',
  name: 'template-name',
  summary: 'A power of the value times the gradient.',
  optionsSchema: z.strictObject({ power: z.number().min(0).default(1) }),
  make: templateName,
});
