import { inspectEngine, installEngine } from '@perfit/tensorflow';
import { Command } from 'commander';
import { reportLines } from '../engine-report.js';
import { terminal } from '../terminal.js';

/** `perfit doctor` */
export function doctorCommand(): Command {
  return new Command('doctor')
    .description('Say which engine computes here, and what to do about what is missing.')
    .option('--fix', 'install the native engine into the cache')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExamples:\n  perfit doctor\n  perfit doctor --fix')
    .action(async (options) => {
      if (options.fix) await installEngine({ onProgress: ({ message }) => terminal.note(message) });
      const report = await inspectEngine();
      if (options.json) return terminal.json(report);
      terminal.result(reportLines(report).join('\n'));
    });
}
