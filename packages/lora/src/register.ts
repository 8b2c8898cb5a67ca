import type { StrategyFactory } from '@perfit/strategy';
import type { DependencyContainer } from 'tsyringe';
import { INITIALIZATION, type Initialization } from './contract.js';
import { gaussianFactory } from './initializations/gaussian.js';
import { symmetricFactory } from './initializations/symmetric.js';
import { zeroFactory } from './initializations/zero.js';

/** Every strategy of this package. */
export const loraFactories = [symmetricFactory, gaussianFactory, zeroFactory] as StrategyFactory<Initialization>[];

/** Registers every strategy of this package under its kind's token. */
export function registerLora(container: DependencyContainer): void {
  for (const factory of loraFactories) container.register(INITIALIZATION, { useValue: factory });
}
