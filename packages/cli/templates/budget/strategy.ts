import type { BudgetRule } from '@perfit/nas';
import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';

/** Options of {@link templateName}. */
export interface TemplateNameOptions {
  /** How much of plain LoRA's parameters all clients together may keep. Default 1. */
  readonly share?: number;
}

/**
 * The same K for every client: their mean number of parameters under plain LoRA, times `share`, rounded down, and no
 * more than the client's dense start has.
 */
export function templateName({ share = 1 }: TemplateNameOptions = {}): BudgetRule {
  return {
    name: 'template-name',
    budgets: (clients) => {
      const sum = clients.reduce((total, { parameters }) => total + parameters, 0);
      const each = Math.max(1, Math.floor((share * sum) / clients.length));
      return clients.map(({ dense }) => Math.min(each, dense));
    },
  };
}

/** `template-name` in a configuration. */
export const templateNameFactory = defineStrategy({
  kind: 'budget',
  name: 'template-name',
  summary: 'The same number of positions for every client.',
  optionsSchema: z.strictObject({ share: z.number().gt(0).max(1).default(1) }),
  make: templateName,
});
