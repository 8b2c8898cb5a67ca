import type { StrategyFactory } from '@perfit/strategy';
import type { DependencyContainer } from 'tsyringe';
import { byExamplesFactory, byLossTokensFactory } from './budgets/by-data.js';
import { fixedFactory } from './budgets/fixed.js';
import {
  BUDGET_RULE,
  type BudgetRule,
  GRANULARITY,
  type Granularity,
  IMPORTANCE,
  type Importance,
  SCHEDULE,
  type Schedule,
} from './contract.js';
import { prefixFactory } from './granularities/prefix.js';
import { prefixWeightFactory } from './granularities/prefix-weight.js';
import { rankFactory } from './granularities/rank.js';
import { siteFactory } from './granularities/site.js';
import { weightFactory } from './granularities/weight.js';
import { firstFactory } from './importance/first.js';
import { gradientFactory } from './importance/gradient.js';
import { magnitudeFactory } from './importance/magnitude.js';
import { mixedFactory } from './importance/mixed.js';
import { perFlopFactory } from './importance/per-flop.js';
import { randomFactory } from './importance/random.js';
import { secondFactory } from './importance/second.js';
import { sensitivityFactory } from './importance/sensitivity.js';
import { cubicFactory } from './schedules/cubic.js';
import { geometricFactory } from './schedules/geometric.js';
import { linearFactory } from './schedules/linear.js';
import { oneShotFactory } from './schedules/one-shot.js';

const importances = [
  firstFactory,
  secondFactory,
  mixedFactory,
  sensitivityFactory,
  magnitudeFactory,
  gradientFactory,
  randomFactory,
  perFlopFactory,
] as StrategyFactory<Importance>[];
const schedules = [oneShotFactory, linearFactory, cubicFactory, geometricFactory] as StrategyFactory<Schedule>[];
const granularities = [
  weightFactory,
  rankFactory,
  siteFactory,
  prefixFactory,
  prefixWeightFactory,
] as StrategyFactory<Granularity>[];
const budgets = [fixedFactory, byExamplesFactory, byLossTokensFactory] as StrategyFactory<BudgetRule>[];

/** Every strategy of this package. */
export const nasFactories = [...importances, ...schedules, ...granularities, ...budgets];

/** Registers every strategy of this package under its kind's token. */
export function registerNas(container: DependencyContainer): void {
  for (const factory of importances) container.register(IMPORTANCE, { useValue: factory });
  for (const factory of schedules) container.register(SCHEDULE, { useValue: factory });
  for (const factory of granularities) container.register(GRANULARITY, { useValue: factory });
  for (const factory of budgets) container.register(BUDGET_RULE, { useValue: factory });
}
