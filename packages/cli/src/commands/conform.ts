import { loadPlugins } from '@perfit/runtime';
import { Command } from 'commander';
import { pluginOption } from '../configured-plugins.js';
import { openEngine } from '../engine.js';
import { errors } from '../errors.js';
import { type ConformanceReport, conformBuiltIn, conformPlugin } from '../plugins/conform-plugin.js';
import type { TestResult } from '../plugins/runner/run-suite.js';
import { terminal } from '../terminal.js';

/** `perfit conform MODULE` */
export function conformCommand(): Command {
  return new Command('conform')
    .description(
      'Run the contract suite of every strategy that a plugin provides: one line a law, exit status 1 if one fails.',
    )
    .argument('[module]', 'a plugin: a package, a file or a folder')
    .option('--built-in', 'test what is built in')
    .addOption(pluginOption())
    .option('--json', 'print the report as JSON')
    .addHelpText(
      'after',
      `
Examples:
  perfit conform ./my-aggregator.ts
  perfit conform .
  perfit conform perfit-inverse-norm --json
  perfit conform --built-in`,
    )
    .action(async (reference: string | undefined, options, command: Command) => {
      if ((reference === undefined) !== (options.builtIn === true))
        throw errors.make('wrong-use', {
          what: reference === undefined ? 'conform got no module' : 'conform got a module and --built-in',
          cure: 'Name one plugin, or give --built-in',
        });
      const listen = options.json ? undefined : (result: TestResult) => terminal.result(line(result));
      const world = { openEngine: () => openEngine(command.optsWithGlobals()), ...(listen && { listen }) };
      const report =
        reference === undefined
          ? await conformBuiltIn(world)
          : await conformModule(reference, options.plugin ?? [], world);
      if (options.json) terminal.json(report);
      else for (const text of ending(report)) terminal.result(text);
      if (report.failed > 0) process.exitCode = 1;
    });
}

async function conformModule(
  reference: string,
  required: readonly string[],
  world: Parameters<typeof conformBuiltIn>[0],
) {
  const here = process.cwd();
  const plugins = await loadPlugins(required, here);
  const [plugin] = await loadPlugins([reference], here);
  return conformPlugin(plugin!, { ...world, plugins });
}

const line = ({ title, passed, reason }: TestResult) => (passed ? `passed  ${title}` : `failed  ${title}: ${reason}`);

/** What was taken on trust, what was not proven, and the counts. */
function* ending({ strategies, notProven, passed, failed }: ConformanceReport): Iterable<string> {
  for (const { strategy, options, traits } of strategies) {
    const said = Object.entries({ ...options, ...traits }).map(([key, value]) => `${key} ${JSON.stringify(value)}`);
    if (said.length > 0) yield `${strategy} is tested as it says of itself: ${said.join(', ')}`;
  }
  for (const what of notProven) yield `not proven  ${what}: there is no contract suite for it`;
  yield `${passed} passed, ${failed} failed`;
}
