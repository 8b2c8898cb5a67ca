import { ADOPTION, type Adoption, AGGREGATOR, type Aggregator } from '@perfit/aggregation';
import { INITIALIZATION, type Initialization } from '@perfit/lora';
import { GRANULARITY, type Granularity, IMPORTANCE, type Importance, SCHEDULE, type Schedule } from '@perfit/nas';
import { LOCAL_UPDATE, type LocalUpdate } from '@perfit/training';
import { closest } from 'fastest-levenshtein';
import type { DependencyContainer } from 'tsyringe';
import {
  type Configuration,
  type MethodEntry,
  type SearchConfiguration,
  type StrategyReference,
  searchDefaults,
} from './configuration.js';
import { METHOD, type Method, type StrategyKey } from './contract.js';
import { errors } from './errors.js';
import { type ResolvedStrategy, resolveStrategy } from './strategies.js';

/** A method with all its parts resolved: what the round loop runs. */
export interface MethodPlan {
  /** The entry's own name: the folder and the row in tables. */
  readonly name: string;
  readonly method: Method;
  readonly rank: number;
  readonly expansion: number;
  readonly learningRate: Configuration['learningRate'];
  readonly initialization: ResolvedStrategy<Initialization>;
  readonly aggregator: ResolvedStrategy<Aggregator>;
  readonly adoption: ResolvedStrategy<Adoption>;
  readonly localUpdate: ResolvedStrategy<LocalUpdate>;
  /** Present where the method searches. */
  readonly search: SearchPlan | null;
  /** The entry with every strategy and option written out. */
  readonly entry: MethodEntry;
}

/** The parts of a search. */
interface SearchPlan extends SearchConfiguration {
  readonly importance: ResolvedStrategy<Importance>;
  readonly schedule: ResolvedStrategy<Schedule>;
  readonly granularity: ResolvedStrategy<Granularity>;
}

const STRATEGY_KEYS: readonly StrategyKey[] = [
  'expansion',
  'initialization',
  'importance',
  'schedule',
  'granularity',
  'search',
  'aggregator',
  'adoption',
  'localUpdate',
];

/** Expands every entry of `methods`: preset, then the configuration's own keys, then the entry's. */
export function planMethods(container: DependencyContainer, configuration: Configuration): readonly MethodPlan[] {
  const plans = configuration.methods.map((entry) =>
    planMethod(container, configuration, typeof entry === 'string' ? { name: entry } : entry),
  );
  const twice = plans.find((plan, index) => plans.findIndex((other) => other.name === plan.name) !== index);
  if (twice) {
    throw errors.make('invalid-configuration', {
      what: `methods names '${twice.name}' twice`,
      cure: 'Give each entry a name of its own',
    });
  }
  // What the user wrote is validated also where no method uses it.
  const probe = { ...PROBE, ...pick(configuration) };
  resolveParts(container, probe);
  return plans;
}

const PROBE = {
  initialization: 'zero',
  importance: 'first',
  schedule: 'cubic',
  granularity: 'weight',
  aggregator: 'weighted-mean',
  adoption: 'replace',
  localUpdate: 'plain',
};

const pick = (source: object): Partial<Record<StrategyKey, unknown>> =>
  Object.fromEntries(
    STRATEGY_KEYS.filter((key) => (source as Record<string, unknown>)[key] !== undefined).map((key) => [
      key,
      (source as Record<string, unknown>)[key],
    ]),
  );

function planMethod(container: DependencyContainer, configuration: Configuration, entry: MethodEntry): MethodPlan {
  const methods = container.isRegistered(METHOD, true) ? container.resolveAll(METHOD) : [];
  const wanted = entry.method ?? entry.name;
  const method = methods.findLast((candidate) => candidate.name === wanted);
  if (!method) {
    const names = methods.map((candidate) => candidate.name);
    throw errors.make('unknown-strategy', {
      what: `unknown method '${wanted}': there are ${names.join(', ')}`,
      cure: `Did you mean '${closest(wanted, names)}'`,
    });
  }
  const uses = (key: StrategyKey) => key in method.preset;
  for (const key of STRATEGY_KEYS) {
    if (entry[key] !== undefined && !uses(key)) {
      throw errors.make('unused-key', {
        what: `method '${entry.name}' (${method.name}) does not use ${key}`,
        cure: `Remove ${key} from that entry`,
      });
    }
  }
  const own = Object.fromEntries(Object.entries(pick(configuration)).filter(([key]) => uses(key as StrategyKey)));
  const keys: Partial<Record<StrategyKey, unknown>> = { ...method.preset, ...own, ...pick(entry) };
  const parts = resolveParts(container, { ...PROBE, ...keys });
  const search = uses('search')
    ? {
        ...searchDefaults(keys.search),
        importance: parts.importance,
        schedule: parts.schedule,
        granularity: parts.granularity,
      }
    : null;
  if (search && search.iterations * search.stepsBetween > configuration.steps) {
    throw errors.make('too-few-steps', {
      what: `search of '${entry.name}' takes ${search.iterations} × ${search.stepsBetween} steps, a round has ${configuration.steps}`,
      cure: 'Raise steps, or lower search.iterations or search.stepsBetween',
    });
  }
  const written = Object.fromEntries(
    Object.keys(method.preset).map((key) => [
      key,
      key === 'expansion'
        ? keys.expansion
        : key === 'search'
          ? searchDefaults(keys.search)
          : parts[key as keyof typeof parts].reference,
    ]),
  );
  const rank = entry.rank ?? configuration.rank;
  const learningRate = entry.learningRate ?? configuration.learningRate;
  return {
    name: entry.name,
    method,
    rank,
    expansion: uses('expansion') ? (keys.expansion as number) : 1,
    learningRate,
    ...parts,
    search,
    entry: { name: entry.name, method: method.name, rank, learningRate, ...written } as MethodEntry,
  };
}

function resolveParts(container: DependencyContainer, keys: Partial<Record<StrategyKey, unknown>>) {
  const reference = (key: StrategyKey) => keys[key] as StrategyReference;
  return {
    initialization: resolveStrategy(container, INITIALIZATION, 'initialization', reference('initialization')),
    importance: resolveStrategy(container, IMPORTANCE, 'importance', reference('importance')),
    schedule: resolveStrategy(container, SCHEDULE, 'schedule', reference('schedule')),
    granularity: resolveStrategy(container, GRANULARITY, 'granularity', reference('granularity')),
    aggregator: resolveStrategy(container, AGGREGATOR, 'aggregator', reference('aggregator')),
    adoption: resolveStrategy(container, ADOPTION, 'adoption', reference('adoption')),
    localUpdate: resolveStrategy(container, LOCAL_UPDATE, 'localUpdate', reference('localUpdate')),
  };
}
