import type { Plugin } from '@perfit/strategy';
import type { DependencyContainer } from 'tsyringe';
import { errors } from '../errors.js';
import { importModule } from './import-module.js';
import { pluginOf } from './plugin-of.js';
import { resolvePlugin } from './resolve-plugin.js';

/**
 * Loads plugins, in order: packages by name, files by path, JavaScript or TypeScript. A file that is named twice is
 * loaded once.
 *
 * @param references what `plugins` of a configuration or `--plugin` lists: `./my-aggregator.ts`, `some-package`.
 * @param baseDirectory where paths start and packages are looked for first: the configuration's folder, or the current.
 * @throws `runtime/plugin-not-found`, `plugin-failed` (it throws while it loads), `plugin-without-export`,
 * `plugin-malformed`, `duplicate-plugin` (two of one name).
 *
 * @example
 * const container = createContainer(await loadPlugins(['./my-aggregator.ts'], process.cwd()));
 */
export async function loadPlugins(
  references: readonly string[],
  baseDirectory: string,
): Promise<readonly Plugin<DependencyContainer>[]> {
  const loaded = new Map<string, Plugin<DependencyContainer>>();
  for (const reference of references) {
    const file = resolvePlugin(reference, baseDirectory);
    if (loaded.has(file)) continue;
    const plugin = pluginOf(reference, await evaluate(reference, file));
    if ([...loaded.values()].some(({ name }) => name === plugin.name))
      throw errors.make('duplicate-plugin', {
        what: `${reference} is a second plugin of the name ${plugin.name}`,
        cure: 'List one of them',
      });
    loaded.set(file, plugin);
  }
  return [...loaded.values()];
}

async function evaluate(reference: string, file: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return await importModule(file);
  } catch (cause) {
    const message = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    const missing = /Cannot find (package|module)/.test(message);
    throw errors.make('plugin-failed', {
      what: `plugin ${reference} cannot be loaded from ${file}: ${message.split('\n')[0]?.replace(/\.$/, '')}`,
      cure: missing ? 'Install what it imports beside it' : 'Correct it; --debug shows where it throws',
      cause,
    });
  }
}
