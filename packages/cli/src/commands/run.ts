import { join } from 'node:path';
import {
  createContainer,
  explainMethods,
  explanationText,
  jsonlSink,
  planMethods,
  prepareRun,
  readConfiguration,
  systemClock,
  takenStepsFiles,
  tensorboardSink,
} from '@perfit/runtime';
import { Command } from 'commander';
import { connectable, Subject, takeUntil } from 'rxjs';
import { comparisonSink } from '../comparison-sink.js';
import { comparisonTable } from '../comparison-table.js';
import { configuredPlugins, pluginOption } from '../configured-plugins.js';
import { openEngine } from '../engine.js';
import { memoryOption } from '../memory-option.js';
import { pairedDifferences, pairedTable } from '../paired-table.js';
import { freshDirectory, sortOut } from '../run-arguments.js';
import { terminal } from '../terminal.js';
import { terminalSink } from '../terminal-sink.js';

/** `perfit run [config.yaml]` */
export function runCommand(): Command {
  return new Command('run')
    .description('Run the methods of a configuration over federated clients; without a file, the embedded default.')
    .argument('[config]', 'YAML configuration')
    .option('--set <key=value...>', 'change keys; values are YAML')
    .option('--out <dir>', 'run directory (default: runs/TIME-NAME)')
    .option('--resume', 'go on with the run in --out after its last whole round')
    .option('--reuse <dir>', 'take over local steps that other runs left there, and leave its own there')
    .addOption(memoryOption())
    .addOption(pluginOption())
    .option('--explain', 'print what every method expands to, as YAML, and stop')
    .option('--tensorboard <dir>', 'also write TensorBoard event files there')
    .option('--json', 'print the comparison as JSON')
    .addHelpText(
      'after',
      `
Examples:
  perfit run
  perfit run --set methods=[fedit,perfit] --set seed=2
  perfit run --set algorithm=ditto --explain
  perfit run examples/fedflan/perfit.yaml --set data=path/to/fedflan --out runs/fedflan
  perfit run examples/fedflan/perfit.yaml --out runs/fedflan --resume`,
    )
    .action(async (config: string | undefined, options, command: Command) => {
      const { file, overrides } = sortOut(config, options.set ?? []);
      const configuration = readConfiguration(file ?? null, overrides);
      const container = createContainer(await configuredPlugins(configuration.plugins, file, options.plugin));
      if (options.explain) {
        const methods = explainMethods(planMethods(container, configuration));
        return options.json ? terminal.json({ methods }) : terminal.result(explanationText(methods).trimEnd());
      }
      const out = options.out ?? freshDirectory(file);
      const engine = await openEngine(command.optsWithGlobals());
      const run = await prepareRun(configuration, {
        engine,
        container,
        clock: systemClock,
        out,
        resume: options.resume === true,
        ...(options.reuse === undefined ? {} : { takenSteps: takenStepsFiles(options.reuse) }),
        ...(options.memory === undefined ? {} : { memory: options.memory }),
      });
      const stopped = new Subject<void>();
      const stop = () => {
        terminal.note(`[perfit/cli] stopped: whole rounds are in ${out}. Go on with --out ${out} --resume.`);
        process.exitCode = 130;
        stopped.next();
      };
      process.once('SIGINT', stop).once('SIGTERM', stop);
      const events = connectable(run.events.pipe(takeUntil(stopped)));
      const comparison = comparisonSink();
      const sinks = [
        terminalSink(process.stderr),
        jsonlSink((method) => join(run.directories.get(method)!, 'events.jsonl'), systemClock),
        comparison,
        ...(options.tensorboard ? [tensorboardSink(options.tensorboard, systemClock)] : []),
      ];
      try {
        const attached = Promise.all(sinks.map((sink) => sink.attach(events)));
        events.connect();
        await attached;
        if (process.exitCode === 130) return;
        const result = comparison.result();
        if (options.json) terminal.json({ out, ...result, paired: pairedDifferences(result) });
        else terminal.result([comparisonTable(result), pairedTable(result), out].filter(Boolean).join('\n'));
      } finally {
        process.off('SIGINT', stop).off('SIGTERM', stop);
        run.dispose();
      }
    });
}
