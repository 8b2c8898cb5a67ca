import { defineStrategy, type StrategyFactory } from '@perfit/strategy';
import { z } from 'zod';
import type { BudgetInput, BudgetRule } from '../contract.js';
import { errors } from '../errors.js';
import { shareOut } from './share-out.js';

/** Options of {@link byExamples} and {@link byLossTokens}. */
export interface ByDataOptions {
  /** γ ≥ 0: 0 is `fixed`, 1 gives every example as many positions. */
  readonly exponent: number;
}

function byData(name: string, measure: (client: BudgetInput) => number, { exponent }: ByDataOptions): BudgetRule {
  if (!(exponent >= 0 && exponent < Infinity))
    throw errors.make('bad-option', { what: `${name}: exponent is ${exponent}`, cure: 'Use exponent ≥ 0' });
  return {
    name,
    budgets: (clients) => {
      const total = clients.reduce((sum, { parameters }) => sum + parameters, 0);
      const largest = Math.max(1, ...clients.map(measure));
      const claims = clients.map((client) => ({
        client: client.client,
        weight: client.parameters * (measure(client) / largest) ** exponent,
        most: client.dense,
      }));
      const shares = shareOut(claims, total);
      return clients.map(({ client }) => shares.get(client)!);
    },
  };
}

/**
 * A mask ratio that adapts to the client's data (ours): K_i ∝ parameters_i · n_i^γ of n_i training examples, clipped to
 * [1, dense_i], whole, and together what plain LoRA has over all clients, unless every client is dense before.
 *
 * Why a budget should grow with the data: K positions fitted to n examples have a variance of about K/n, and leave a
 * bias that falls with K. Where it falls as K^−a, the sum is least at K ∝ n^(1/(1+a)): γ = ½ for a = 1, less where
 * capacity pays more slowly. So of one federation's parameters few examples get few, which they would overfit.
 *
 * @throws `bad-option` unless γ ≥ 0
 */
export function byExamples(options: ByDataOptions = { exponent: 0.5 }): BudgetRule {
  return byData('by-examples', ({ examples }) => examples, options);
}

/**
 * {@link byExamples} with n_i the tokens that carry loss: examples of different length weigh differently.
 *
 * @throws `bad-option` unless γ ≥ 0
 */
export function byLossTokens(options: ByDataOptions = { exponent: 0.5 }): BudgetRule {
  return byData('by-loss-tokens', ({ lossTokens }) => lossTokens, options);
}

const factory = (
  name: string,
  summary: string,
  make: (options: ByDataOptions) => BudgetRule,
): StrategyFactory<BudgetRule> =>
  defineStrategy({
    kind: 'budget',
    name,
    summary,
    optionsSchema: z.strictObject({ exponent: z.number().min(0).default(0.5) }),
    make,
  });

/** Registers {@link byExamples}. */
export const byExamplesFactory = factory(
  'by-examples',
  'Budgets in proportion to a power of the training examples, the same in total.',
  byExamples,
);

/** Registers {@link byLossTokens}. */
export const byLossTokensFactory = factory(
  'by-loss-tokens',
  'Budgets in proportion to a power of the tokens that carry loss, the same in total.',
  byLossTokens,
);
