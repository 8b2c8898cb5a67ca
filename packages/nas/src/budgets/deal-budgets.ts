import type { BudgetInput, BudgetRule } from '../contract.js';
import { errors } from '../errors.js';

/**
 * The budgets that a rule deals out, checked: whole, from 1 to each client's `dense`, together no more than the sum of
 * `parameters`.
 *
 * @throws `bad-budget`
 */
export function dealBudgets(rule: BudgetRule, clients: readonly BudgetInput[]): readonly number[] {
  const budgets = rule.budgets(clients);
  const sum = (numbers: readonly number[]) => numbers.reduce((all, number) => all + number, 0);
  const refuse = (what: string) =>
    errors.make('bad-budget', {
      what: `the budget rule "${rule.name}" ${what}`,
      cure: 'Return a whole number from 1 to dense for every client, together no more than the sum of parameters',
    });
  if (budgets.length !== clients.length) throw refuse(`gave ${budgets.length} budgets for ${clients.length} clients`);
  clients.forEach(({ client, dense }, i) => {
    if (!Number.isInteger(budgets[i]) || budgets[i] < 1 || budgets[i] > dense)
      throw refuse(`gave client ${client} ${budgets[i]} positions of ${dense}`);
  });
  const most = sum(clients.map(({ parameters }) => parameters));
  if (sum(budgets) > most) throw refuse(`dealt out ${sum(budgets)} positions of ${most}`);
  return budgets;
}
