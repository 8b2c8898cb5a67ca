import type { InjectionToken } from 'tsyringe';
import type { z } from 'zod';
import type { Conformance, Dependencies, ResolveStrategy, StrategyFactory } from './contract.js';

/** A typed token that is the same symbol in every installed version of its package. */
export function token<T>(name: string): InjectionToken<T> {
  return Symbol.for(name) as InjectionToken<T>;
}

/** Token under which every run's container holds its {@link ResolveStrategy}. */
export const RESOLVE_STRATEGY = token<ResolveStrategy>('@perfit/strategy/ResolveStrategy');

/**
 * Declares a strategy: its kind, name, options and maker.
 *
 * @example
 * export const fractionFactory = defineStrategy({
 *   kind: 'sampler', name: 'fraction', summary: 'A uniform share of the clients.',
 *   optionsSchema: z.strictObject({ fraction: z.number().gt(0).max(1).default(1) }),
 *   make: ({ fraction }) => sampleFraction({ fraction }),
 * });
 */
export function defineStrategy<Strategy, Schema extends z.ZodType>(definition: {
  readonly kind: string;
  readonly name: string;
  readonly summary: string;
  readonly optionsSchema: Schema;
  readonly requires?: Readonly<Record<string, InjectionToken>>;
  readonly conformance?: Conformance;
  readonly make: (options: z.output<Schema>, dependencies: Dependencies) => Strategy;
}): StrategyFactory<Strategy> {
  return { ...definition, requires: definition.requires ?? {} } as StrategyFactory<Strategy>;
}
