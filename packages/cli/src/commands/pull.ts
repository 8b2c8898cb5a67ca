import { type PullProgress, pullModel } from '@perfit/models';
import { Command } from 'commander';
import { terminal } from '../terminal.js';

/** `perfit pull NAME` */
export function pullCommand(): Command {
  return new Command('pull')
    .description('Get a known model, or one of the Hugging Face hub, into the cache and print its path.')
    .argument('<name>', 'smollm2-135m, or OWNER/NAME[@REVISION] of the hub')
    .option('--file <name>', 'one GGUF file of the repository instead of its safetensors')
    .addHelpText(
      'after',
      `
Examples:
  perfit pull smollm2-135m
  perfit pull OWNER/NAME && perfit generate --model OWNER/NAME --prompt "…"
  perfit pull OWNER/NAME@main --file FILE.gguf    # the model OWNER/NAME@main:FILE.gguf
  HF_TOKEN=… perfit pull OWNER/NAME               # private or gated
  HF_ENDPOINT=… perfit pull OWNER/NAME            # another hub
  HF_HUB_OFFLINE=1 perfit pull OWNER/NAME         # only says where it is`,
    )
    .action(async (name: string, { file }: { file?: string }) => {
      const model = file === undefined ? name : `${name}:${file}`;
      terminal.result(await pullModel(model, { onProgress: tellProgress() }));
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
