import type { StrategyFactory } from '@perfit/strategy';
import type { DependencyContainer } from 'tsyringe';
import { interpolateFactory } from './adoptions/interpolate.js';
import { replaceFactory } from './adoptions/replace.js';
import { validatedFactory } from './adoptions/validated.js';
import { sharedExclusiveFactory } from './aggregators/shared-exclusive.js';
import { weightedMeanFactory } from './aggregators/weighted-mean.js';
import { ADOPTION, type Adoption, AGGREGATOR, type Aggregator } from './contract.js';

const aggregators = [weightedMeanFactory, sharedExclusiveFactory] as StrategyFactory<Aggregator>[];
const adoptions = [replaceFactory, interpolateFactory, validatedFactory] as StrategyFactory<Adoption>[];

/** Every strategy of this package. */
export const aggregationFactories = [...aggregators, ...adoptions];

/** Registers every strategy of this package under its kind's token. */
export function registerAggregation(container: DependencyContainer): void {
  for (const factory of aggregators) container.register(AGGREGATOR, { useValue: factory });
  for (const factory of adoptions) container.register(ADOPTION, { useValue: factory });
}
