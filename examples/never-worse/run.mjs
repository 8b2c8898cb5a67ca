// PerFIT against the best of local-only, FedIT and FedIT + local on six splits of fedflan.
//   node examples/never-worse/run.mjs --data DIR --out DIR --results NAME [--seeds 1,2,3] [--splits few,iid] [--model tiny] [--jobs N]
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { pairedDifference, poolSeeds, randomStreams } from '@perfit/runtime';
import { script } from '../processes.mjs';

const dirichlet = (beta) => `{ name: dirichlet, label: task, clients: 8, beta: ${beta}, minimum: 20 }`;
const SPLITS = {
  published: '{ name: field, field: client }',
  few: '{ name: field, field: task, values: [snli, cola, trec, wic], clientsPerValue: 2, rowsPerClient: 40 }',
  'dirichlet-0.1': dirichlet(0.1),
  'dirichlet-0.5': dirichlet(0.5),
  'dirichlet-5': dirichlet(5),
  iid: '{ name: iid, clients: 8 }',
};
const { values: options } = parseArgs({
  options: {
    data: { type: 'string' },
    out: { type: 'string' },
    results: { type: 'string' },
    seeds: { type: 'string', default: '1,2,3,4,5' },
    splits: { type: 'string', default: Object.keys(SPLITS).join(',') },
    model: { type: 'string', default: 'tiny' },
    jobs: { type: 'string', default: '1' },
  },
});
const unknown = options.splits.split(',').find((split) => !(split in SPLITS));
if (!options.data || !options.out || !options.results || unknown) {
  console.error(
    unknown
      ? `[perfit/examples] unknown split '${unknown}': there are ${Object.keys(SPLITS).join(', ')}.`
      : '[perfit/examples] never-worse needs --data, --out and --results. See the first lines of this file.',
  );
  process.exit(2);
}
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
mkdirSync(dirname(options.results), { recursive: true });
mkdirSync(options.out, { recursive: true });

/** All seeds of a split as one comparison, its clients named SEED/ID. */
async function play(split) {
  const name = join(options.out, split);
  const sets = [`data=${options.data}`, `model=${options.model}`, `partitioner=${SPLITS[split]}`];
  await script(here('../run-seeds.mjs'), [
    here('never-worse.yaml'),
    ...sets.flatMap((set) => ['--set', set]),
    ...['--seeds', options.seeds, '--out', name, '--results', `${name}-table`, '--jobs', options.jobs],
  ]);
  const { runs } = JSON.parse(readFileSync(`${name}-table.json`, 'utf8'));
  const seedsOf = (method) => runs.map(({ seed, methods }) => ({ seed, clients: methods[method].clients }));
  return poolSeeds(Object.fromEntries(Object.keys(runs[0].methods).map((method) => [method, seedsOf(method)])));
}

const meanLoss = ({ methods }, method, moment) => {
  const lines = Object.values(methods[method].clients);
  return lines.reduce((sum, { personal }) => sum + Math.log(personal[moment]), 0) / lines.length;
};
const random = randomStreams(1).stream('bootstrap');
const OURS = ['perfit', 'perfit-validated', 'perfit-guarded'];
const MOMENTS = {
  afterDistribution: ['local-only', 'fedit'],
  afterLocal: ['local-only', 'fedit-local'],
};
const rows = [];
for (const split of options.splits.split(',')) {
  const comparison = await play(split);
  for (const [moment, baselines] of Object.entries(MOMENTS)) {
    const best = baselines.reduce((a, b) =>
      meanLoss(comparison, b, moment) < meanLoss(comparison, a, moment) ? b : a,
    );
    const ours = OURS.map((method) => ({
      method,
      perplexity: Math.exp(meanLoss(comparison, method, moment)),
      ...pairedDifference(comparison, [method, moment], [best, moment], random),
    }));
    rows.push({ split, moment, best, perplexity: Math.exp(meanLoss(comparison, best, moment)), ours });
  }
}
const ratio = ({ ratio: value, interval }) =>
  `${value.toFixed(3)} [${interval.map((bound) => Math.exp(bound).toFixed(3)).join(', ')}]`;
const markdown = [
  `Model ${options.model}, seeds ${options.seeds}. Perplexity: exp of the mean client loss. Ratios against the best baseline, paired per client and seed, [95 % bootstrap interval]; below 1 is better.`,
  '',
  `| split | moment | best baseline | its perplexity | ${OURS.join(' | ')} |`,
  `|---|---|---|---|${OURS.map(() => '---|').join('')}`,
  ...rows.map(
    ({ split, moment, best, perplexity, ours }) =>
      `| ${split} | ${moment === 'afterLocal' ? 'after local steps' : 'after distribution'} | ${best} | ${perplexity.toPrecision(4)} | ${ours.map(ratio).join(' | ')} |`,
  ),
  '',
].join('\n');
writeFileSync(
  `${options.results}.json`,
  `${JSON.stringify({ options: { ...options, data: undefined, out: undefined, results: undefined }, rows }, null, 1)}\n`,
);
writeFileSync(`${options.results}.md`, markdown);
console.log(markdown);
