import type { StrategyFactory } from '@perfit/strategy';
import type { DependencyContainer } from 'tsyringe';
import { interpolateFactory } from './adoptions/interpolate.js';
import { replaceFactory } from './adoptions/replace.js';
import { validatedFactory } from './adoptions/validated.js';
import { centredClippingFactory } from './aggregators/centred-clipping.js';
import { fedAmpFactory } from './aggregators/fed-amp.js';
import { fedExLoraFactory } from './aggregators/fed-ex-lora.js';
import { flexLoraFactory } from './aggregators/flex-lora.js';
import { floraFactory } from './aggregators/flora.js';
import { hetLoraFactory } from './aggregators/het-lora.js';
import { krumFactory } from './aggregators/krum.js';
import { maskSimilarityFactory } from './aggregators/mask-similarity.js';
import { medianFactory } from './aggregators/median.js';
import { multiKrumFactory } from './aggregators/multi-krum.js';
import { scaffoldFactory } from './aggregators/scaffold.js';
import { sharedExclusiveFactory } from './aggregators/shared-exclusive.js';
import { trimmedMeanFactory } from './aggregators/trimmed-mean.js';
import { weightedMeanFactory } from './aggregators/weighted-mean.js';
import { bf16Factory } from './codecs/bf16.js';
import { f32Factory } from './codecs/f32.js';
import { int8Factory } from './codecs/int8.js';
import {
  ADOPTION,
  type Adoption,
  AGGREGATOR,
  type Aggregator,
  CODEC,
  type Codec,
  SERVER_RULE,
  type ServerRule,
} from './contract.js';
import { fedAdagradFactory } from './server-rules/fed-adagrad.js';
import { fedAdamFactory } from './server-rules/fed-adam.js';
import { fedAvgMFactory } from './server-rules/fed-avg-m.js';
import { fedYogiFactory } from './server-rules/fed-yogi.js';
import { noneFactory } from './server-rules/none.js';

const aggregators = [
  weightedMeanFactory,
  sharedExclusiveFactory,
  medianFactory,
  trimmedMeanFactory,
  krumFactory,
  multiKrumFactory,
  centredClippingFactory,
  scaffoldFactory,
  floraFactory,
  flexLoraFactory,
  fedExLoraFactory,
  hetLoraFactory,
  fedAmpFactory,
  maskSimilarityFactory,
] as StrategyFactory<Aggregator>[];
const serverRules = [
  noneFactory,
  fedAvgMFactory,
  fedAdamFactory,
  fedYogiFactory,
  fedAdagradFactory,
] as StrategyFactory<ServerRule>[];
const adoptions = [replaceFactory, interpolateFactory, validatedFactory] as StrategyFactory<Adoption>[];
const codecs = [f32Factory, bf16Factory, int8Factory] as StrategyFactory<Codec>[];

/** Every strategy of this package. */
export const aggregationFactories = [...aggregators, ...serverRules, ...adoptions, ...codecs];

/** Registers every strategy of this package under its kind's token. */
export function registerAggregation(container: DependencyContainer): void {
  for (const factory of aggregators) container.register(AGGREGATOR, { useValue: factory });
  for (const factory of serverRules) container.register(SERVER_RULE, { useValue: factory });
  for (const factory of adoptions) container.register(ADOPTION, { useValue: factory });
  for (const factory of codecs) container.register(CODEC, { useValue: factory });
}
