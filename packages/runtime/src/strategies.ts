import { isPerfitError, type StrategyFactory } from '@perfit/strategy';
import { closest } from 'fastest-levenshtein';
import type { DependencyContainer, InjectionToken } from 'tsyringe';
import { z } from 'zod';
import type { StrategyReference } from './configuration.js';
import { errors } from './errors.js';
import { explain } from './parse-configuration.js';

/** Every factory of a kind that a container holds. */
export function strategiesOf<Strategy>(
  container: DependencyContainer,
  kind: InjectionToken<StrategyFactory<Strategy>>,
): readonly StrategyFactory<Strategy>[] {
  return container.isRegistered(kind, true) ? container.resolveAll(kind) : [];
}

/** A strategy that was found and whose options are valid, not yet made. */
export interface ResolvedStrategy<Strategy> {
  /** Name and every option, defaults included. */
  readonly reference: { readonly name: string } & Readonly<Record<string, unknown>>;
  /** Makes a fresh one: strategies may keep state over one use. */
  readonly make: () => Strategy;
}

/** Finds a strategy by name among a kind's factories, validates its options, and injects what it requires. */
export function resolveStrategy<Strategy>(
  container: DependencyContainer,
  kind: InjectionToken<StrategyFactory<Strategy>>,
  key: string,
  reference: StrategyReference,
): ResolvedStrategy<Strategy> {
  const { name, ...given } = typeof reference === 'string' ? { name: reference } : reference;
  const factories = strategiesOf(container, kind);
  // The last one registered wins: a plugin may replace a built-in.
  const factory = factories.findLast((candidate) => candidate.name === name);
  if (!factory) {
    const names = [...new Set(factories.map((candidate) => candidate.name))].sort();
    throw errors.make('unknown-strategy', {
      what: `unknown ${key} '${name}': there are ${names.join(', ')}`,
      cure: names.length > 0 ? `Did you mean '${closest(name, names)}'` : `Load a plugin that provides one`,
    });
  }
  const parsed = factory.optionsSchema.safeParse(given);
  if (!parsed.success) {
    const known = factory.optionsSchema instanceof z.ZodObject ? Object.keys(factory.optionsSchema.shape) : [];
    throw explain(parsed.error, given, `${key} '${name}'`, known);
  }
  const options = parsed.data as Record<string, unknown>;
  return {
    reference: { name, ...options },
    make: () => {
      const dependencies = Object.fromEntries(
        Object.entries(factory.requires).map(([as, token]) => [as, container.resolve(token)]),
      );
      try {
        return factory.make(options, dependencies);
      } catch (cause) {
        if (isPerfitError(cause)) throw cause;
        throw errors.make('invalid-options', {
          what: `${key} '${name}' refused its options: ${String(cause)}`,
          cure: 'Correct the options',
          cause,
        });
      }
    },
  };
}
