import { ADOPTION, AGGREGATOR, CODEC, SERVER_RULE } from '@perfit/aggregation';
import { INITIALIZATION, POSITION_RULE } from '@perfit/lora';
import { BUDGET_RULE, GRANULARITY, IMPORTANCE, SCHEDULE } from '@perfit/nas';
import type { StrategyFactory } from '@perfit/strategy';
import { LOCAL_UPDATE } from '@perfit/training';
import { closest } from 'fastest-levenshtein';
import type { DependencyContainer, InjectionToken } from 'tsyringe';
import { checkCombination } from './check-combination.js';
import { type Configuration, type MethodEntry, type StrategyReference, searchOf } from './configuration.js';
import { METHOD, type Method, PERSONALIZATION, type StrategyKey, type StrategyKeys } from './contract.js';
import { errors } from './errors.js';
import type { MethodPlan } from './method-plan.js';
import { averaging } from './methods/averaging.js';
import { resolveStrategy } from './strategies.js';

/** Every strategy key, with what stands in for it where a method does not use it. */
const UNUSED = {
  ...averaging,
  expansion: 1,
  importance: 'first',
  schedule: 'cubic',
  granularity: 'weight',
  search: {},
  budget: 'fixed',
} as const satisfies Record<StrategyKey, unknown>;

const STRATEGY_KEYS = Object.keys(UNUSED) as StrategyKey[];

/** Expands every entry of `methods`: preset, then the configuration's own keys, then the entry's. */
export function planMethods(container: DependencyContainer, configuration: Configuration): readonly MethodPlan[] {
  const { algorithm, methods } = configuration;
  const entries = algorithm === undefined ? methods : [algorithm];
  const plans = entries.map((entry) =>
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
  resolveParts(container, { ...UNUSED, ...pick(configuration) });
  return plans;
}

/** What all methods of a configuration have in common: everything but the methods and their strategies. */
export function withoutMethods(configuration: object): Readonly<Record<string, unknown>> {
  const left: readonly string[] = [...STRATEGY_KEYS, 'methods', 'algorithm'];
  return Object.fromEntries(Object.entries(configuration).filter(([key]) => !left.includes(key)));
}

const pick = (source: object): StrategyKeys =>
  Object.fromEntries(
    STRATEGY_KEYS.map((key) => [key, (source as StrategyKeys)[key]]).filter(([, value]) => value !== undefined),
  );

function findMethod(container: DependencyContainer, wanted: string): Method {
  const methods = container.isRegistered(METHOD, true) ? container.resolveAll(METHOD) : [];
  const method = methods.findLast((candidate) => candidate.name === wanted);
  if (method) return method;
  const names = methods.map((candidate) => candidate.name);
  throw errors.make('unknown-strategy', {
    what: `unknown method '${wanted}': there are ${names.join(', ')}`,
    cure: `Did you mean '${closest(wanted, names)}'`,
  });
}

function planMethod(container: DependencyContainer, configuration: Configuration, entry: MethodEntry): MethodPlan {
  const method = findMethod(container, entry.method ?? entry.name);
  const uses = (key: StrategyKey) => key in method.preset;
  for (const key of STRATEGY_KEYS) {
    if (entry[key] !== undefined && !uses(key) && !fixes(method, key, entry[key])) {
      throw errors.make('unused-key', {
        what: `method '${entry.name}' (${method.name}) does not use ${key}`,
        cure: `Remove ${key} from that entry`,
      });
    }
  }
  const own = Object.fromEntries(Object.entries(pick(configuration)).filter(([key]) => uses(key as StrategyKey)));
  const keys: StrategyKeys = { ...method.preset, ...own, ...pick(entry), ...method.fixed };
  const parts = resolveParts(container, { ...UNUSED, ...keys });
  const { importance, schedule, granularity, budget } = parts;
  const settings = searchOf(method.preset.search, configuration.search, entry.search, method.fixed?.search);
  const search = uses('search') ? { ...settings, importance, schedule, granularity, budget } : null;
  if (search && search.iterations * search.stepsBetween > configuration.steps) {
    throw errors.make('too-few-steps', {
      what: `search of '${entry.name}' takes ${search.iterations} × ${search.stepsBetween} steps, a round has ${configuration.steps}`,
      cure: 'Raise steps, or lower search.iterations or search.stepsBetween',
    });
  }
  if (search?.scope === 'federation' && configuration.clientsAtOnce > 1) {
    throw errors.make('invalid-combination', {
      what: `method '${entry.name}': its clients search one common architecture in steps of their own, and clientsAtOnce is ${configuration.clientsAtOnce}`,
      cure: "Set clientsAtOnce to 1, or search.scope to 'client'",
    });
  }
  const written = Object.fromEntries(
    [...Object.keys(method.preset), ...Object.keys(method.fixed ?? {})].map((key) => [
      key,
      key === 'expansion' ? keys.expansion : key === 'search' ? settings : parts[key as keyof typeof parts].reference,
    ]),
  );
  const rank = entry.rank ?? configuration.rank;
  const learningRate = entry.learningRate ?? configuration.learningRate;
  const plan: MethodPlan = {
    name: entry.name,
    method,
    rank,
    expansion: uses('expansion') ? (keys.expansion as number) : 1,
    learningRate,
    initialization: parts.initialization,
    aggregator: { make: () => parts.serverRule.make().wrap(parts.aggregator.make()) },
    adoption: parts.adoption,
    codec: parts.codec.make(),
    localUpdate: parts.localUpdate,
    personalization: parts.personalization.make(),
    trainable: parts.trainable.make(),
    travel: parts.travel.make(),
    search,
    entry: { name: entry.name, method: method.name, rank, learningRate, ...written } as MethodEntry,
  };
  checkCombination(plan);
  return plan;
}

/** Whether a method fixes a key at this very value: what `--explain` prints can be written back. */
function fixes({ fixed }: Method, key: StrategyKey, value: unknown): boolean {
  const nameOf = (reference: unknown) =>
    typeof reference === 'object' && reference !== null ? (reference as { name?: unknown }).name : reference;
  return fixed?.[key] !== undefined && nameOf(fixed[key]) === nameOf(value);
}

function resolveParts(container: DependencyContainer, keys: Readonly<Record<StrategyKey, unknown>>) {
  const part = <Strategy>(kind: InjectionToken<StrategyFactory<Strategy>>, key: StrategyKey) =>
    resolveStrategy(container, kind, key, keys[key] as StrategyReference);
  return {
    initialization: part(INITIALIZATION, 'initialization'),
    importance: part(IMPORTANCE, 'importance'),
    schedule: part(SCHEDULE, 'schedule'),
    granularity: part(GRANULARITY, 'granularity'),
    budget: part(BUDGET_RULE, 'budget'),
    trainable: part(POSITION_RULE, 'trainable'),
    travel: part(POSITION_RULE, 'travel'),
    localUpdate: part(LOCAL_UPDATE, 'localUpdate'),
    personalization: part(PERSONALIZATION, 'personalization'),
    aggregator: part(AGGREGATOR, 'aggregator'),
    serverRule: part(SERVER_RULE, 'serverRule'),
    adoption: part(ADOPTION, 'adoption'),
    codec: part(CODEC, 'codec'),
  };
}
