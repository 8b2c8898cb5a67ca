import { defineErrors } from '@perfit/strategy';

/** Everything that can go wrong in a search. */
export const errors = defineErrors('nas', {
  'bad-search': 'The search was given iterations, steps or a budget that are not positive whole numbers.',
  'missing-statistic': 'The importance needs a statistic that was not gathered.',
  'size-mismatch': 'Statistics, scores or an architecture do not have the size of the layout.',
  'not-a-number': 'A score is NaN.',
  'vanishing-scores': 'Every score of A, or every score of B, is exactly 0: pruning would be blind.',
  'bad-schedule': 'A schedule keeps a number of positions that is not whole or outside of its range.',
  'bad-selection': 'A granularity kept more than it was allowed to, or positions that were pruned before.',
  'nothing-fits': 'No unit of the granularity fits into the budget.',
  'bad-option': 'An option of a strategy is outside of its range.',
  'bad-budget': 'A budget rule dealt out budgets that are not whole, out of range or too many in total.',
});
