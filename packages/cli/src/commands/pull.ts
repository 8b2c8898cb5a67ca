import { type PullProgress, pullModel } from '@perfit/models';
import { Command } from 'commander';
import { terminal } from '../terminal.js';

/** `perfit pull NAME` */
export function pullCommand(): Command {
  return new Command('pull')
    .description('Get a known model into the cache and print its path.')
    .argument('<name>', 'smollm2-135m')
    .addHelpText('after', '\nExample:\n  perfit pull smollm2-135m')
    .action(async (name: string) => {
      terminal.result(await pullModel(name, { onProgress: tellProgress() }));
    });
}

/** Tells each step once, and a download every tenth of it. */
function tellProgress(): (progress: PullProgress) => void {
  let told = '';
  return ({ step, bytes, total }) => {
    const tenth = step === 'download' && total > 0 ? ` ${Math.floor((10 * bytes) / total) * 10} %` : '';
    if (`${step}${tenth}` === told) return;
    told = `${step}${tenth}`;
    terminal.note(told);
  };
}
