import type { createContainer } from '@perfit/runtime';
import type { Plugin, StrategyFactory } from '@perfit/strategy';
import type { InjectionToken } from 'tsyringe';

/** A run's container. */
export type Container = ReturnType<typeof createContainer>;

/** One thing that a plugin registered. */
export interface Registration {
  readonly token: InjectionToken;
  readonly value: unknown;
}

/**
 * Everything that a plugin adds to a container: registered into an empty child, where nothing else can be meant, and
 * under whatever token.
 */
export function findRegistrations(plugin: Plugin<Container>, container: Container): readonly Registration[] {
  const own = container.createChildContainer();
  const tokens = new Set<InjectionToken>();
  const recording = new Proxy(own, {
    get(target, property) {
      const value = Reflect.get(target, property, target);
      if (typeof value !== 'function') return value;
      return (...args: readonly unknown[]) => {
        if (String(property).startsWith('register')) tokens.add(args[0] as InjectionToken);
        return Reflect.apply(value, target, args);
      };
    },
  });
  plugin.register(recording);
  return [...tokens].flatMap((token) => own.resolveAll(token).map((value) => ({ token, value })));
}

/** Whether something that was registered is a strategy's factory. */
export function isFactory(value: unknown): value is StrategyFactory<unknown> {
  const { kind, name, make, optionsSchema } = (value ?? {}) as Partial<Record<string, unknown>>;
  return (
    typeof kind === 'string' &&
    typeof name === 'string' &&
    typeof make === 'function' &&
    typeof optionsSchema === 'object'
  );
}

/** A token as it can be printed. */
export const tokenName = (token: InjectionToken): string =>
  typeof token === 'symbol' ? (token.description ?? 'a symbol') : typeof token === 'string' ? token : String(token);
