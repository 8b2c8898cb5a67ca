import type { StrategyFactory } from '@perfit/strategy';
import type { DependencyContainer } from 'tsyringe';
import { INITIALIZATION, type Initialization, POSITION_RULE, type PositionRule } from './contract.js';
import { gaussianFactory } from './initializations/gaussian.js';
import { oloraFactory } from './initializations/olora.js';
import { orthogonalFactory } from './initializations/orthogonal.js';
import { pissaFactory } from './initializations/pissa.js';
import { symmetricFactory } from './initializations/symmetric.js';
import { zeroFactory } from './initializations/zero.js';
import { allFactory } from './positions/all.js';
import { alternateFactory } from './positions/alternate.js';
import { componentsFactory } from './positions/components.js';
import { factorFactory } from './positions/factor.js';
import { layersFactory } from './positions/layers.js';
import { noneFactory } from './positions/none.js';

const initializations = [
  symmetricFactory,
  gaussianFactory,
  zeroFactory,
  orthogonalFactory,
  pissaFactory,
  oloraFactory,
] as StrategyFactory<Initialization>[];
const positionRules = [
  allFactory,
  noneFactory,
  factorFactory,
  alternateFactory,
  layersFactory,
  componentsFactory,
] as StrategyFactory<PositionRule>[];

/** Every strategy of this package. */
export const loraFactories = [...initializations, ...positionRules];

/** Registers every strategy of this package under its kind's token. */
export function registerLora(container: DependencyContainer): void {
  for (const factory of initializations) container.register(INITIALIZATION, { useValue: factory });
  for (const factory of positionRules) container.register(POSITION_RULE, { useValue: factory });
}
