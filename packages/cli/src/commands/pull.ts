import { pullModel } from '@perfit/models';
import { Command } from 'commander';
import { terminal } from '../terminal.js';

/** `perfit pull NAME` */
export function pullCommand(): Command {
  return new Command('pull')
    .description('Get a known model into the cache and print its path.')
    .argument('<name>', 'smollm2-135m')
    .addHelpText('after', '\nExample:\n  perfit pull smollm2-135m')
    .action(async (name: string) => {
      terminal.result(await pullModel(name, { onProgress: terminal.note }));
    });
}
