import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readAdapter, writeAdapter } from '@perfit/lora';
import { Command } from 'commander';
import { errors } from '../errors.js';
import { refuseExisting } from '../refuse-existing.js';
import { terminal } from '../terminal.js';

/** `perfit export` */
export function exportCommand(): Command {
  return new Command('export')
    .description("Write a client's adapter as a PEFT directory, which PEFT and transformers load.")
    .argument('<dir>', 'directory of one method of a run')
    .requiredOption('--client <id>', 'client')
    .requiredOption('--out <dir>', 'PEFT directory to write')
    .option('--base-model <name>', "base model's name or path for adapter_config.json (default: the run's)")
    .addHelpText(
      'after',
      `
Example:
  perfit export runs/demo/perfit --client a --out adapters/a`,
    )
    .action((dir: string, options) => {
      const clients = join(dir, 'clients');
      const known = existsSync(clients) ? readdirSync(clients).map(decodeURIComponent) : [];
      if (!known.includes(options.client)) {
        throw errors.make('missing-client', {
          what: `${dir} has no client '${options.client}': there are ${known.join(', ') || 'none'}`,
          cure: 'Give a client of that run, or the directory of one method',
        });
      }
      refuseExisting(options.out);
      const { layout, values, architecture, scale, baseModel } = readAdapter(
        join(clients, encodeURIComponent(options.client)),
      );
      writeAdapter(options.out, { layout, values, architecture, scale, baseModel: options.baseModel ?? baseModel });
      terminal.result(options.out);
    });
}
