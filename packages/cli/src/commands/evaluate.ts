import { readRows } from '@perfit/datasets';
import { readAdapter } from '@perfit/lora';
import {
  createContainer,
  evaluateRows,
  evaluateRun,
  firstRowsPerClient,
  loadModel,
  rowEncoding,
  TOLERANCE,
} from '@perfit/runtime';
import { Command, Option } from 'commander';
import { configuredPlugins, pluginOption } from '../configured-plugins.js';
import { openEngine } from '../engine.js';
import { errors } from '../errors.js';
import { positiveInteger } from '../positive-integer.js';
import { terminal } from '../terminal.js';

/** `perfit evaluate --model M --data F` and `perfit evaluate --run DIR` */
export function evaluateCommand(): Command {
  return new Command('evaluate')
    .description(
      'Perplexity of a model, with or without an adapter, on rows; or of a saved run, held against its summary.',
    )
    .option('--model <model>', 'directory, .gguf file, known name (tiny, smollm2-135m), or OWNER/NAME that was pulled')
    .option('--adapter <dir>', 'PEFT adapter directory')
    .option('--data <file>', 'JSONL rows; with --run: where the data lies now')
    .option('--run <dir>', 'directory of one method of a run')
    .option('--accuracy', 'with --run: accuracy by likelihood over the labels, on label tasks')
    .option('--rows-per-client <n>', 'first N rows of each client', positiveInteger)
    .option('--max-tokens <n>', 'truncate rows to N tokens', positiveInteger)
    .addOption(new Option('--dtype <dtype>', 'of the frozen weights').choices(['f32', 'bf16']).default('f32'))
    .addOption(pluginOption())
    .option('--json', 'print JSON only, at full precision')
    .addHelpText(
      'after',
      `
Examples:
  perfit evaluate --model smollm2-135m --data test.jsonl --rows-per-client 20 --max-tokens 192 --json
  perfit evaluate --model tiny --adapter runs/demo/perfit/clients/a --data rows.jsonl
  perfit evaluate --run runs/demo/perfit`,
    )
    .action(async (options, command: Command) => {
      if (options.run !== undefined) return repeatRun(options, command);
      if (options.model === undefined || options.data === undefined) {
        throw errors.make('wrong-use', {
          what: 'evaluate got neither --run nor both --model and --data',
          cure: 'Give --model and --data, or --run',
        });
      }
      const all = readRows(options.data);
      const rows = options.rowsPerClient === undefined ? all : firstRowsPerClient(all, options.rowsPerClient);
      const engine = await openEngine(command.optsWithGlobals());
      const model = await loadModel(engine, options.model, { dtype: options.dtype });
      try {
        const adapter =
          options.adapter === undefined ? null : readAdapter(options.adapter, { sites: model.backbone.sites });
        const encoding = rowEncoding(model.checkpoint, options.maxTokens);
        const result = evaluateRows(engine, model, adapter, rows, encoding, terminal.note);
        if (options.json) return terminal.json(result);
        for (const [id, { perplexity, tokens }] of Object.entries(result.clients))
          terminal.result(`client ${id}: perplexity ${perplexity.toPrecision(5)} (${tokens} tokens)`);
        terminal.result(
          `all: perplexity ${result.perplexity.toPrecision(5)}, mean loss ${result.meanLoss.toFixed(4)} (${result.tokens} tokens)`,
        );
      } finally {
        model.backbone.dispose();
      }
    });
}

async function repeatRun(
  options: { run: string; data?: string; accuracy?: boolean; json?: boolean; plugin?: readonly string[] },
  command: Command,
): Promise<void> {
  const engine = await openEngine(command.optsWithGlobals());
  const container = createContainer(await configuredPlugins([], undefined, options.plugin));
  const scores = await evaluateRun(engine, container, options.run, {
    data: options.data,
    accuracy: options.accuracy === true,
  });
  const differing = scores.filter(({ agrees }) => !agrees);
  if (options.json)
    terminal.json({ run: options.run, tolerance: TOLERANCE, agrees: differing.length === 0, clients: scores });
  else {
    for (const { id, perplexity, recorded, agrees, accuracy } of scores) {
      const right = accuracy ? `, accuracy ${((100 * accuracy.correct) / accuracy.rows).toFixed(1)} %` : '';
      terminal.result(
        `client ${id}: perplexity ${perplexity.toPrecision(6)}, recorded ${recorded.toPrecision(6)}${agrees ? '' : ', DIFFERS'}${right}`,
      );
    }
  }
  const [first] = differing;
  if (first) {
    throw errors.make('evaluation-differs', {
      what: `client ${first.id} scores ${first.perplexity}, ${options.run} recorded ${first.recorded}`,
      cure: 'Check that the run directory, the model and the thread count are those of the run',
    });
  }
}
