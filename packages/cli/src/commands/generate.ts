import { readAdapter } from '@perfit/lora';
import { frozenProjector, generate } from '@perfit/models';
import { loadModel, randomStreams } from '@perfit/runtime';
import { createTrainer } from '@perfit/training';
import { Command, Option } from 'commander';
import { openEngine } from '../engine.js';
import { positiveInteger } from '../positive-integer.js';
import { terminal } from '../terminal.js';

/** `perfit generate` */
export function generateCommand(): Command {
  return new Command('generate')
    .description('Continue a prompt, greedily or sampled, with or without an adapter.')
    .requiredOption(
      '--model <model>',
      'directory, .gguf file, known name (tiny, smollm2-135m), or OWNER/NAME that was pulled',
    )
    .requiredOption('--prompt <text>', 'text to continue')
    .option('--adapter <dir>', 'PEFT adapter directory')
    .option('--chat', "wrap the prompt as a user's message in the model's chat template")
    .option('--max-new-tokens <n>', 'tokens to add at most', positiveInteger, 64)
    .option('--temperature <t>', '0: greedy', Number, 0)
    .option('--top-k <n>', 'sample from the n likeliest tokens', positiveInteger)
    .option('--top-p <p>', 'sample from the fewest likeliest tokens that have probability p', Number)
    .option('--seed <n>', 'of the sampling', positiveInteger, 1)
    .addOption(new Option('--dtype <dtype>', 'of the frozen weights').choices(['f32', 'bf16']).default('f32'))
    .option('--json', 'print JSON with the token ids')
    .addHelpText(
      'after',
      `
Examples:
  perfit generate --model smollm2-135m --prompt "The capital of France is"
  perfit generate --model tiny --adapter runs/demo/perfit/clients/a --prompt "…" --temperature 0.8 --seed 7`,
    )
    .action(async (options, command: Command) => {
      const engine = await openEngine(command.optsWithGlobals());
      const { backbone, checkpoint } = await loadModel(engine, options.model, { dtype: options.dtype });
      const { tokenizer } = checkpoint;
      try {
        const adapter = options.adapter === undefined ? null : readAdapter(options.adapter, { sites: backbone.sites });
        const trainer = adapter
          ? createTrainer({ engine, backbone, layout: adapter.layout, scale: adapter.scale })
          : null;
        const projection = trainer?.project({ values: adapter!.values, architecture: adapter!.architecture });
        try {
          const prompt = options.chat
            ? tokenizer.chat([{ role: 'user', content: options.prompt }], true)
            : options.prompt;
          const ids: number[] = [];
          let text = '';
          const tokens = generate({
            backbone,
            tokenizer,
            projector: projection?.projector ?? frozenProjector(engine),
            prompt,
            maxNewTokens: options.maxNewTokens,
            temperature: options.temperature,
            topK: options.topK,
            topP: options.topP,
            random: randomStreams(options.seed).stream('generate'),
          });
          for (const token of tokens) {
            ids.push(token.id);
            text += token.text;
            if (!options.json) process.stdout.write(token.text);
          }
          if (options.json) terminal.json({ prompt, promptIds: tokenizer.encode(prompt), ids, text });
          else terminal.result('');
        } finally {
          projection?.dispose();
          trainer?.dispose();
        }
      } finally {
        backbone.dispose();
      }
    });
}
