import { dirname, resolve } from 'node:path';
import { type Configuration, loadPlugins } from '@perfit/runtime';

/** The plugins that a configuration names, by paths from its file, and those of the command line, by paths from here. */
export async function configuredPlugins(
  { plugins }: Configuration,
  file: string | undefined,
  given: readonly string[] = [],
) {
  const configured = await loadPlugins(plugins, file === undefined ? process.cwd() : dirname(resolve(file)));
  return [...configured, ...(await loadPlugins(given, process.cwd()))];
}
