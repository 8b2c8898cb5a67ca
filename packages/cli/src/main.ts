import { Command, CommanderError, Option } from 'commander';
import { aggregateCommand } from './commands/aggregate.js';
import { conformCommand } from './commands/conform.js';
import { doctorCommand } from './commands/doctor.js';
import { evaluateCommand } from './commands/evaluate.js';
import { exportCommand } from './commands/export.js';
import { generateCommand } from './commands/generate.js';
import { newCommand } from './commands/new.js';
import { planCommand } from './commands/plan.js';
import { pullCommand } from './commands/pull.js';
import { runCommand } from './commands/run.js';
import { scoresCommand } from './commands/scores.js';
import { sweepCommand } from './commands/sweep.js';
import { exitCodeOf } from './exit-code.js';
import { positiveInteger } from './positive-integer.js';
import { describeFailure, outliveReaders, terminal } from './terminal.js';
import { version } from './version.js';

/** The whole command line, not yet run. */
export function createProgram(): Command {
  const program = new Command('perfit')
    .description('Personalised federated instruction tuning of language models.')
    .version(version)
    .addOption(new Option('--engine <kind>', 'what computes').choices(['auto', 'native', 'wasm']).default('auto'))
    .addOption(
      new Option('--threads <n>', 'threads of the native engine (default: all cores)').argParser(positiveInteger),
    )
    .option('--debug', 'print the stack of a failure')
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .showSuggestionAfterError()
    .addHelpText(
      'after',
      '\nExamples:\n  perfit doctor --fix\n  perfit run\n  perfit run config.yaml --set rounds=3 seed=2 --out runs/demo\n  perfit <command> --help',
    );
  for (const command of [
    runCommand,
    sweepCommand,
    planCommand,
    evaluateCommand,
    scoresCommand,
    aggregateCommand,
    generateCommand,
    exportCommand,
    pullCommand,
    doctorCommand,
    newCommand,
    conformCommand,
  ]) {
    program.addCommand(
      command()
        .exitOverride()
        .configureOutput({ writeErr: () => {} }),
    );
  }
  return program;
}

/** Runs a command line and sets the process's exit status: 0 done, 1 failed, 2 wrong use. */
export async function main(args: readonly string[]): Promise<void> {
  outliveReaders();
  const program = createProgram();
  try {
    await program.parseAsync([...args], { from: 'user' });
  } catch (thrown) {
    if (thrown instanceof CommanderError) {
      if (thrown.exitCode === 0 || thrown.code === 'commander.help') {
        if (thrown.exitCode !== 0) terminal.note(program.helpInformation());
        process.exitCode = thrown.exitCode === 0 ? 0 : 2;
        return;
      }
      const [what, ...hints] = thrown.message.replace(/^error: /, '').split('\n');
      const hint = hints
        .join(' ')
        .trim()
        .replace(/^\((.*)\?\)$/, '$1.');
      terminal.note(`[perfit/cli] ${what}. ${hint || 'See perfit --help.'}`);
      process.exitCode = 2;
      return;
    }
    terminal.note(describeFailure(thrown, args.includes('--debug')));
    process.exitCode = exitCodeOf(thrown);
  }
}
