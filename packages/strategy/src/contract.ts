import type { InjectionToken } from 'tsyringe';
import type { z } from 'zod';

/** A uniform draw from [0, 1), from a stream that its owner derived from the run's seed. */
export type Random = () => number;

/** What a factory may ask for: the token under which the runtime's container holds it. */
export type Dependencies = Readonly<Record<string, unknown>>;

/**
 * A named maker of strategies of one kind. Every strategy is registered as one of these under its kind's token;
 * the runtime picks it by name, validates the options, injects what `requires` names, and calls `make`.
 */
export interface StrategyFactory<Strategy> {
  /** `importance`, `aggregator`, `partitioner`, … */
  readonly kind: string;
  /** The name in the configuration: kebab-case. */
  readonly name: string;
  /** One sentence, for `--help` and the documentation. */
  readonly summary: string;
  /** Strict object schema: unknown keys are refused, defaults filled in. */
  readonly optionsSchema: z.ZodType;
  /** Dependencies by the name under which `make` receives them. */
  readonly requires: Readonly<Record<string, InjectionToken>>;
  /** What the contract suite of its kind is told of it; absent: nothing. */
  readonly conformance?: Conformance;
  /** Takes options that the schema has parsed. */
  readonly make: (options: unknown, dependencies: Dependencies) => Strategy;
}

/** How a strategy is made for the contract suite of its kind, and what the suite must not assume of it. */
export interface Conformance {
  /** Options to make it with where the defaults are not enough: `{ byzantine: 1 }`. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** Traits that its kind's suite takes, printed beside its result: `{ weighted: false, minimumClients: 5 }`. */
  readonly traits?: Readonly<Record<string, unknown>>;
}

/** A strategy in a configuration: its name, or its name with options. */
export type StrategyReference = string | ({ readonly name: string } & Readonly<Record<string, unknown>>);

/**
 * Makes a strategy of a kind by reference: what a strategy that wraps another (an importance per FLOP, a server rule)
 * requires under {@link RESOLVE_STRATEGY}. Unknown names and bad options are refused as in the configuration.
 */
export type ResolveStrategy = <Strategy>(
  kind: InjectionToken<StrategyFactory<Strategy>>,
  key: string,
  reference: StrategyReference,
) => Strategy;

/** A module that adds strategies (or replaces services) of a run's container. */
export interface Plugin<Container = unknown> {
  readonly name: string;
  /** Names of plugins that must be registered before. */
  readonly requires: readonly string[];
  /** `kind/name` of every strategy that it adds. */
  readonly provides: readonly string[];
  /** Adds its strategies to a container. */
  readonly register: (container: Container) => void;
}
