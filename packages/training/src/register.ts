import type { StrategyFactory } from '@perfit/strategy';
import type { DependencyContainer } from 'tsyringe';
import { LOCAL_UPDATE, type LocalUpdate } from './contract.js';
import { plainUpdateFactory } from './plain.js';
import { proximalUpdateFactory } from './proximal.js';
import { rankDecayUpdateFactory } from './rank-decay.js';
import { scaffoldUpdateFactory } from './scaffold.js';

/** Every strategy of this package. */
export const trainingFactories = [
  plainUpdateFactory,
  proximalUpdateFactory,
  scaffoldUpdateFactory,
  rankDecayUpdateFactory,
] as StrategyFactory<LocalUpdate>[];

/** Registers every strategy of this package under its token. */
export function registerTraining(container: DependencyContainer): void {
  for (const factory of trainingFactories) container.register(LOCAL_UPDATE, { useValue: factory });
}
