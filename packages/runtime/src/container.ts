import 'reflect-metadata';
import { registerAggregation } from '@perfit/aggregation';
import { registerDatasets } from '@perfit/datasets';
import { registerLora } from '@perfit/lora';
import { registerNas } from '@perfit/nas';
import { type Plugin, RESOLVE_STRATEGY, type ResolveStrategy } from '@perfit/strategy';
import { registerTraining } from '@perfit/training';
import { type DependencyContainer, container as root } from 'tsyringe';
import { errors } from './errors.js';
import { registerRuntime } from './register.js';
import { resolveStrategy } from './strategies.js';

/** The packages' own strategies, as plugins. */
const builtIn: readonly Plugin<DependencyContainer>[] = [
  { name: '@perfit/lora', register: registerLora },
  { name: '@perfit/nas', register: registerNas },
  { name: '@perfit/aggregation', register: registerAggregation },
  { name: '@perfit/datasets', register: registerDatasets },
  { name: '@perfit/training', register: registerTraining },
  { name: '@perfit/runtime', register: registerRuntime },
].map((plugin) => ({ requires: [], provides: [], ...plugin }));

/**
 * A container of one run, with every built-in strategy and the given plugins. Nothing global: two containers side by
 * side do not see each other. A plugin whose `requires` is not registered before it is refused.
 */
export function createContainer(plugins: readonly Plugin<DependencyContainer>[] = []): DependencyContainer {
  const container = root.createChildContainer();
  const resolve: ResolveStrategy = (kind, key, reference) => resolveStrategy(container, kind, key, reference).make();
  container.register(RESOLVE_STRATEGY, { useValue: resolve });
  const present = new Set<string>();
  for (const plugin of [...builtIn, ...plugins]) {
    const missing = plugin.requires.find((name) => !present.has(name));
    if (missing !== undefined) {
      throw errors.make('missing-plugin', {
        what: `plugin ${plugin.name} needs ${missing}, which is not loaded`,
        cure: `List ${missing} before ${plugin.name}`,
      });
    }
    plugin.register(container);
    present.add(plugin.name);
  }
  return container;
}
