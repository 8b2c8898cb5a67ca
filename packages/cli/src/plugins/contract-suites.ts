import { ADOPTION, AGGREGATOR, CODEC, SERVER_RULE } from '@perfit/aggregation';
import { testAggregator, testCodec } from '@perfit/aggregation/testing';
import { PARTITIONER, PROMPT } from '@perfit/datasets';
import { testPartitioner } from '@perfit/datasets/testing';
import { INITIALIZATION, POSITION_RULE } from '@perfit/lora';
import { testInitialization, testPositionRule } from '@perfit/lora/testing';
import { BUDGET_RULE, GRANULARITY, IMPORTANCE, SCHEDULE } from '@perfit/nas';
import { testBudgetRule, testGranularity, testImportance, testSchedule } from '@perfit/nas/testing';
import { ATTACK, PERSONALIZATION, SAMPLER } from '@perfit/runtime';
import type { StrategyFactory } from '@perfit/strategy';
import type { Engine } from '@perfit/tensorflow';
import { LOCAL_UPDATE } from '@perfit/training';
import { testLocalUpdate } from '@perfit/training/testing';
import type { InjectionToken } from 'tsyringe';
import { testAdoption } from './suites/adoption.js';
import { testAttack } from './suites/attack.js';
import { testPersonalization } from './suites/personalization.js';
import { testPrompt } from './suites/prompt.js';
import { testSampler } from './suites/sampler.js';
import { testServerRule } from './suites/server-rule.js';

/** Opens what computes, for the suites that need it. */
export type OpenEngine = () => Promise<Engine>;

/** The contract of one kind. */
export interface ContractSuite {
  /** As factories write it. */
  readonly kind: string;
  readonly token: InjectionToken<StrategyFactory<unknown>>;
  /** Declares the suite's tests. `traits`: what the factory says that cannot be assumed of it. */
  readonly declare: (make: () => unknown, traits: Readonly<Record<string, unknown>>, openEngine: OpenEngine) => void;
}

function suite<Strategy>(
  kind: string,
  token: InjectionToken<StrategyFactory<Strategy>>,
  declare: (make: () => Strategy, traits: Readonly<Record<string, unknown>>, openEngine: OpenEngine) => void,
): ContractSuite {
  return { kind, token, declare: declare as ContractSuite['declare'] };
}

/** The contract suite of every kind of strategy. */
export const contractSuites: readonly ContractSuite[] = [
  suite('initialization', INITIALIZATION, testInitialization),
  suite('positions', POSITION_RULE, testPositionRule),
  suite('importance', IMPORTANCE, testImportance),
  suite('schedule', SCHEDULE, testSchedule),
  suite('granularity', GRANULARITY, testGranularity),
  suite('budget', BUDGET_RULE, testBudgetRule),
  suite('partitioner', PARTITIONER, testPartitioner),
  suite('prompt', PROMPT, testPrompt),
  suite('localUpdate', LOCAL_UPDATE, (make, _, openEngine) => testLocalUpdate(make, openEngine)),
  suite('aggregator', AGGREGATOR, testAggregator),
  suite('serverRule', SERVER_RULE, testServerRule),
  suite('codec', CODEC, testCodec),
  suite('adoption', ADOPTION, testAdoption),
  suite('sampler', SAMPLER, testSampler),
  suite('attack', ATTACK, testAttack),
  suite('personalization', PERSONALIZATION, testPersonalization),
];
