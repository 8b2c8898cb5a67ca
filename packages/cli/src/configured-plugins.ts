import { dirname, resolve } from 'node:path';
import { loadPlugins } from '@perfit/runtime';
import { Option } from 'commander';

/** `--plugin MODULE`, as often as there are modules: what follows it stays an argument. */
export const pluginOption = () =>
  new Option('--plugin <module>', 'load strategies of your own: a package or a path; may be repeated').argParser(
    (module: string, before: readonly string[] | undefined) => [...(before ?? []), module],
  );

/** Modules given on the command line, their paths from here made absolute. */
const fromHere = (modules: readonly string[]) =>
  modules.map((module) => (module.startsWith('.') ? resolve(module) : module));

/** The plugins that a configuration names, by paths from its file, and those of the command line, by paths from here. */
export async function configuredPlugins(
  plugins: readonly string[],
  file: string | undefined,
  given: readonly string[] = [],
) {
  return loadPlugins([...plugins, ...fromHere(given)], file === undefined ? process.cwd() : dirname(resolve(file)));
}
