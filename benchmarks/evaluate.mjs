/**
 * Perplexity of held-out rows, rows a second, against PyTorch + PEFT. Both hold an adapter of rank 8 beside the weights.
 *
 *   npm run build && node benchmarks/evaluate.mjs [--data DIR] [--model DIR] [--rows 20] [--tokens 160] [--dtype f32]
 *     [--repeats 2] [--kinds default,best] [--threads N] [--only-ours] [--quick] [--record]
 *
 * The first `rows` test rows of every client. `default` pads batches of 8 in file order and computes logits everywhere,
 * `best` sorts by length and computes them where loss is. Our time includes tokenising, theirs does not.
 */
import { readOptions } from './shared/options.mjs';
import { alternate, baselines, ours } from './shared/processes.mjs';
import { tell, versionsOf } from './shared/report.mjs';
import { clientsOf } from './shared/rows.mjs';
import { largestDifference, pairedRatio, spread } from './shared/statistics.mjs';
import { plain, prepare } from './shared/training.mjs';

const options = readOptions({ rows: 20, tokens: 160, dtype: 'f32' }, { rows: 1, tokens: 48 });
const { model, adapter, write } = await prepare(options, { start: 'symmetric' });
const clients = await clientsOf({ ...options, model, maxTokens: options.tokens, testRows: options.rows });
const rows = clients.flatMap((client) => client.rows);
const job = {
  ...{ model, adapter, dtype: options.dtype, threads: options.threads, maxTokens: options.tokens },
  rows: write('rows.json', rows),
  examples: write('examples.json', clients.flatMap(({ test }) => test).map(plain)),
};
const { sides, missing } = baselines(options, 'evaluate_rows', job);
const runs = alternate('evaluate', { perfit: ours('evaluate', job), ...sides }, options.repeats);
const rate = (side, key = 'milliseconds') => runs[side].map((one) => (1000 * rows.length) / one[key]);
const peak = (side) => runs[side].map(({ peakBytes }) => peakBytes);

const ratios = {};
const differences = {};
for (const kind of Object.keys(sides)) {
  ratios[`rows/s against ${kind}`] = pairedRatio(rate('perfit'), rate(kind));
  ratios[`rows/processor second against ${kind}`] = pairedRatio(
    rate('perfit', 'cpuMilliseconds'),
    rate(kind, 'cpuMilliseconds'),
  );
  ratios[`peak bytes against ${kind}`] = pairedRatio(peak('perfit'), peak(kind));
  differences[kind] = largestDifference(runs.perfit[0].losses, runs[kind][0].losses);
}
tell({
  benchmark: 'evaluate',
  options,
  baseline: missing,
  versions: versionsOf(runs),
  figures: {
    'rows/s': spread(rate('perfit')),
    'rows/processor second': spread(rate('perfit', 'cpuMilliseconds')),
    'peak bytes': spread(peak('perfit')),
  },
  ratios,
  results: {
    rows: rows.length,
    perplexity: Object.fromEntries(Object.entries(runs).map(([side, [{ perplexity }]]) => [side, perplexity])),
    lossDifference: differences,
  },
});
