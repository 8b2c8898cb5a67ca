import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import type { BudgetRule } from '../contract.js';

/**
 * Every client keeps as many positions as plain LoRA has at its rank (arXiv 2402.16919), whatever its data.
 */
export function fixed(): BudgetRule {
  return {
    name: 'fixed',
    budgets: (clients) => clients.map(({ parameters, dense }) => Math.min(parameters, dense)),
  };
}

/** Registers {@link fixed}. */
export const fixedFactory = defineStrategy({
  kind: 'budget',
  name: 'fixed',
  summary: 'Every client keeps what plain LoRA has at its rank.',
  optionsSchema: z.strictObject({}),
  make: () => fixed(),
});
