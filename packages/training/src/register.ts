import type { StrategyFactory } from '@perfit/strategy';
import type { DependencyContainer } from 'tsyringe';
import { LOCAL_UPDATE, type LocalUpdate } from './contract.js';
import { plainUpdateFactory } from './plain.js';
import { proximalUpdateFactory } from './proximal.js';

/** Every strategy of this package. */
export const trainingFactories = [plainUpdateFactory, proximalUpdateFactory] as StrategyFactory<LocalUpdate>[];

/** Registers every strategy of this package under its token. */
export function registerTraining(container: DependencyContainer): void {
  for (const factory of trainingFactories) container.register(LOCAL_UPDATE, { useValue: factory });
}
