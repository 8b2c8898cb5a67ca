export type { ByDataOptions } from './budgets/by-data.js';
export { byExamples, byExamplesFactory, byLossTokens, byLossTokensFactory } from './budgets/by-data.js';
export { dealBudgets } from './budgets/deal-budgets.js';
export { fixed, fixedFactory } from './budgets/fixed.js';
export type {
  BudgetInput,
  BudgetRule,
  Granularity,
  Importance,
  Schedule,
  SearchIteration,
  SearchResult,
  StatisticNeed,
  Statistics,
  Trainee,
} from './contract.js';
export { BUDGET_RULE, GRANULARITY, IMPORTANCE, SCHEDULE } from './contract.js';
export { errors as nasErrors } from './errors.js';
export { prefix, prefixFactory } from './granularities/prefix.js';
export { prefixWeight, prefixWeightFactory } from './granularities/prefix-weight.js';
export { type RankOptions, rank, rankFactory } from './granularities/rank.js';
export { site, siteFactory } from './granularities/site.js';
export { type WeightOptions, weight, weightFactory } from './granularities/weight.js';
export { first, firstFactory } from './importance/first.js';
export { gradient, gradientFactory } from './importance/gradient.js';
export { magnitude, magnitudeFactory } from './importance/magnitude.js';
export { mixed, mixedFactory } from './importance/mixed.js';
export { perFlop, perFlopFactory } from './importance/per-flop.js';
export { random, randomFactory } from './importance/random.js';
export { second, secondFactory } from './importance/second.js';
export type { SensitivityOptions } from './importance/sensitivity.js';
export { sensitivity, sensitivityFactory } from './importance/sensitivity.js';
export { nasFactories, registerNas } from './register.js';
export { cubic, cubicFactory } from './schedules/cubic.js';
export { geometric, geometricFactory } from './schedules/geometric.js';
export { linear, linearFactory } from './schedules/linear.js';
export { oneShot, oneShotFactory } from './schedules/one-shot.js';
export type { SearchOptions } from './search.js';
export { search } from './search.js';
