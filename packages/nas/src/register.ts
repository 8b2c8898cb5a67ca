import type { StrategyFactory } from '@perfit/strategy';
import type { DependencyContainer } from 'tsyringe';
import { GRANULARITY, type Granularity, IMPORTANCE, type Importance, SCHEDULE, type Schedule } from './contract.js';
import { weightFactory } from './granularities/weight.js';
import { firstFactory } from './importance/first.js';
import { gradientFactory } from './importance/gradient.js';
import { magnitudeFactory } from './importance/magnitude.js';
import { mixedFactory } from './importance/mixed.js';
import { randomFactory } from './importance/random.js';
import { secondFactory } from './importance/second.js';
import { cubicFactory } from './schedules/cubic.js';
import { geometricFactory } from './schedules/geometric.js';
import { linearFactory } from './schedules/linear.js';
import { oneShotFactory } from './schedules/one-shot.js';

const importances = [
  firstFactory,
  secondFactory,
  mixedFactory,
  magnitudeFactory,
  gradientFactory,
  randomFactory,
] as StrategyFactory<Importance>[];
const schedules = [oneShotFactory, linearFactory, cubicFactory, geometricFactory] as StrategyFactory<Schedule>[];
const granularities = [weightFactory] as StrategyFactory<Granularity>[];

/** Every strategy of this package. */
export const nasFactories = [...importances, ...schedules, ...granularities];

/** Registers every strategy of this package under its kind's token. */
export function registerNas(container: DependencyContainer): void {
  for (const factory of importances) container.register(IMPORTANCE, { useValue: factory });
  for (const factory of schedules) container.register(SCHEDULE, { useValue: factory });
  for (const factory of granularities) container.register(GRANULARITY, { useValue: factory });
}
