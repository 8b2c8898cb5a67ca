import { encodeRow, makeBatch, readRows } from '@perfit/datasets';
import { readAdapter } from '@perfit/lora';
import { IMPORTANCE } from '@perfit/nas';
import { createContainer, loadModel, randomStreams, resolveStrategy, rowEncoding } from '@perfit/runtime';
import { fromFloat32, writeTensors } from '@perfit/safetensors';
import { createTrainer, scoreRows } from '@perfit/training';
import { Command, Option } from 'commander';
import { openEngine } from '../engine.js';
import { positiveInteger } from '../positive-integer.js';
import { refuseExisting } from '../refuse-existing.js';
import { terminal } from '../terminal.js';

/** `perfit scores` */
export function scoresCommand(): Command {
  return new Command('scores')
    .description("Importance scores of an adapter's positions on rows, all rows as one batch, as a safetensors file.")
    .requiredOption(
      '--model <model>',
      'directory, .gguf file, known name (tiny, smollm2-135m), or OWNER/NAME that was pulled',
    )
    .requiredOption('--adapter <dir>', 'PEFT adapter directory')
    .requiredOption('--data <file>', 'JSONL rows')
    .requiredOption('--importance <name>', 'first, second, mixed, magnitude, random, …')
    .requiredOption('--out <file>', 'safetensors file to write; tensors named as in the adapter')
    .option('--max-tokens <n>', 'truncate rows to N tokens', positiveInteger)
    .option('--seed <n>', 'for scores that draw', positiveInteger, 1)
    .addOption(new Option('--dtype <dtype>', 'of the frozen weights').choices(['f32', 'bf16']).default('f32'))
    .addHelpText(
      'after',
      `
Example:
  perfit scores --model tiny --adapter runs/demo/perfit/clients/a --data rows.jsonl --importance second --out scores.safetensors`,
    )
    .action(async (options, command: Command) => {
      refuseExisting(options.out);
      const importance = resolveStrategy(createContainer(), IMPORTANCE, 'importance', options.importance).make();
      const rows = readRows(options.data);
      const engine = await openEngine(command.optsWithGlobals());
      const { backbone, checkpoint } = await loadModel(engine, options.model, { dtype: options.dtype });
      try {
        const { layout, values, architecture, scale } = readAdapter(options.adapter, { sites: backbone.sites });
        const trainer = createTrainer({ engine, backbone, layout, scale });
        try {
          const encoding = rowEncoding(checkpoint, options.maxTokens);
          const batch = makeBatch(rows.map((row) => encodeRow(row, encoding)));
          const scores = scoreRows({
            trainer,
            state: { values, architecture },
            batches: [batch],
            importance,
            random: randomStreams(options.seed).stream('scores'),
          });
          const tensors = layout.slots.map(({ name, offset, size, rows: height, columns }) =>
            fromFloat32(name, scores.slice(offset, offset + size), [height, columns]),
          );
          writeTensors(options.out, tensors);
          terminal.note(
            `${tensors.length} tensors of ${options.importance} scores from ${rows.length} rows in ${options.out}`,
          );
        } finally {
          trainer.dispose();
        }
      } finally {
        backbone.dispose();
      }
    });
}
