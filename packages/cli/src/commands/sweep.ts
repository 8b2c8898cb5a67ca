import { join } from 'node:path';
import {
  createContainer,
  jsonlSink,
  planSweep,
  readConfiguration,
  runSweep,
  type SweepJob,
  type SweepResults,
  sweepTable,
  systemClock,
} from '@perfit/runtime';
import Table from 'cli-table3';
import { Command, InvalidArgumentError } from 'commander';
import { configuredPlugins, pluginOption } from '../configured-plugins.js';
import { openEngine } from '../engine.js';
import { memoryOption } from '../memory-option.js';
import { freshDirectory, sortOut } from '../run-arguments.js';
import { tableChars, tableStyle } from '../table-style.js';
import { terminal } from '../terminal.js';
import { terminalSink } from '../terminal-sink.js';

/** `perfit sweep [config.yaml]` */
export function sweepCommand(): Command {
  return new Command('sweep')
    .description('Run variants of a configuration over several seeds, and compare them in one table.')
    .argument('[config]', 'YAML configuration that the variants change')
    .option(
      '--vary <key=v1,v2>',
      'values of a key, in YAML; several times: every combination',
      (word: string, before: readonly string[] = []) => [...before, word],
    )
    .option('--list <file>', 'YAML list of further cells: {name: NAME, set: {key: value}} or {key: value}')
    .option('--seeds <n,n>', "seeds of every cell (default: the configuration's)", seedList)
    .option('--baseline <cell>', 'what all are held against: a cell, or CELL/METHOD (default: the first)')
    .option('--set <key=value...>', 'change keys of all cells; values are YAML')
    .option('--out <dir>', 'directory of the sweep (default: runs/TIME-sweep-NAME)')
    .option('--resume', 'go on with the sweep in --out: skip what is done')
    .option('--no-reuse', 'let every cell take its first local steps itself')
    .addOption(memoryOption())
    .addOption(pluginOption())
    .option('--json', 'print the results as JSON, at full precision')
    .addHelpText(
      'after',
      `
Examples:
  perfit sweep --set algorithm=perfit --vary importance=first,second,mixed --seeds 1,2,3
  perfit sweep config.yaml --vary algorithm=perfit,fedit,ditto --baseline fedit --seeds 1,2,3 --out runs/methods
  perfit sweep --set algorithm=perfit --vary "initialization=symmetric,{name: gaussian, subtract: true}"
  perfit sweep config.yaml --list cells.yaml --out runs/methods --resume`,
    )
    .action(async (config: string | undefined, options, command: Command) => {
      const { file, overrides } = sortOut(config, options.set);
      const base = readConfiguration(file ?? null, overrides);
      const plugins = await configuredPlugins(base.plugins, file, options.plugin);
      const container = () => createContainer(plugins);
      const { vary = [], list, seeds, baseline } = options;
      const plan = planSweep(container(), { config: file ?? null, overrides, vary, list, seeds, baseline });
      for (const note of plan.notes) terminal.note(`[perfit/cli] ${note}.`);
      const out: string = options.out ?? freshDirectory(file, 'sweep-');
      const engine = await openEngine(command.optsWithGlobals());
      const stopped = new AbortController();
      const stop = () => {
        terminal.note(`[perfit/cli] stopped: whole rounds are in ${out}. Go on with --out ${out} --resume.`);
        process.exitCode = 130;
        stopped.abort();
      };
      process.once('SIGINT', stop).once('SIGTERM', stop);
      try {
        const results = await runSweep(plan, {
          engine,
          container,
          clock: systemClock,
          out,
          resume: options.resume === true,
          reuse: options.reuse,
          ...(options.memory === undefined ? {} : { memory: options.memory }),
          signal: stopped.signal,
          sinks: (job, run) => {
            terminal.note(headingOf(job));
            return [
              terminalSink(process.stderr),
              jsonlSink((method) => join(run.directories.get(method)!, 'events.jsonl'), systemClock),
            ];
          },
        });
        if (results === null) return;
        if (options.json) terminal.json({ out, ...results });
        else terminal.result(`${resultsTable(results)}\n${out}`);
      } finally {
        process.off('SIGINT', stop).off('SIGTERM', stop);
      }
    });
}

const headingOf = ({ place, of, cell, seed }: SweepJob) => `[${place}/${of}] cell ${cell.name}, seed ${seed}`;

function resultsTable(results: SweepResults): string {
  const { head, rows, legend } = sweepTable(results);
  const colAligns = head.map((_, index) => (index === 0 ? ('left' as const) : ('right' as const)));
  const table = new Table({ head: [...head], style: tableStyle, chars: tableChars, colAligns });
  for (const row of rows) table.push([...row]);
  return `${table.toString()}\n${legend}`;
}

function seedList(text: string): readonly number[] {
  const seeds = text.split(',').map((seed) => (seed.trim() === '' ? Number.NaN : Number(seed)));
  if (!seeds.every(Number.isSafeInteger)) throw new InvalidArgumentError(`'${text}' is no list of whole numbers`);
  return seeds;
}
