import { createContainer, cureOf, memoryLimit, planRun, readConfiguration } from '@perfit/runtime';
import { Command } from 'commander';
import { configuredPlugins, pluginOption } from '../configured-plugins.js';
import { engineToCome } from '../engine.js';
import { memoryOption } from '../memory-option.js';
import { memoryTable } from '../memory-table.js';
import { sortOut } from '../run-arguments.js';
import { terminal } from '../terminal.js';

/** `perfit plan [config.yaml]` */
export function planCommand(): Command {
  return new Command('plan')
    .description(
      'Say what memory a run will need, and whether it fits; loads no weights. Exit status 1: it does not fit.',
    )
    .argument('[config]', 'YAML configuration; without one, the embedded default')
    .option('--set <key=value...>', 'change keys; values are YAML')
    .addOption(memoryOption())
    .addOption(pluginOption())
    .option('--json', 'print the plan as JSON, in bytes')
    .addHelpText(
      'after',
      `
Examples:
  perfit plan
  perfit plan config.yaml --set batchSize=16 dtype=bf16
  perfit plan config.yaml --memory 8GiB --json`,
    )
    .action(async (config: string | undefined, options, command: Command) => {
      const { file, overrides } = sortOut(config, options.set ?? []);
      const configuration = readConfiguration(file ?? null, overrides);
      const container = createContainer(await configuredPlugins(configuration.plugins, file, options.plugin));
      const engine = engineToCome(command.optsWithGlobals());
      const plan = await planRun(configuration, { container, engine, limit: memoryLimit(options.memory) });
      if (options.json) terminal.json({ engine, ...plan });
      else terminal.result(memoryTable(plan));
      if (plan.fits) return;
      terminal.note(`[perfit/cli] this run does not fit. ${cureOf(plan)}.`);
      process.exitCode = 1;
    });
}
