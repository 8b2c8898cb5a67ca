// PerFIT against the best of local-only, FedIT and FedIT + local on six splits of fedflan.
//   node examples/never-worse/run.mjs CONFIG --data DIR --out DIR --results NAME [--seeds 1,2,3] [--splits few,iid] [--jobs N]
// Every run is one line of NAME.cells.jsonl and is not repeated, also on another machine; NAME.md and NAME.json hold the splits
// that are done. With --jobs N as many runs go at a time, each on its part of the cores.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { pairedDifference, poolSeeds, randomStreams } from '@perfit/runtime';
import { parse } from 'yaml';
import { openCells, runCell } from '../cells.mjs';
import { together } from '../processes.mjs';
import { machine, ratio } from '../report.mjs';

const dirichlet = (beta) => ({ name: 'dirichlet', label: 'task', clients: 8, beta, minimum: 20 });
const SPLITS = {
  published: { name: 'field', field: 'client' },
  few: { name: 'field', field: 'task', values: ['snli', 'cola', 'trec', 'wic'], clientsPerValue: 2, rowsPerClient: 40 },
  'dirichlet-0.1': dirichlet(0.1),
  'dirichlet-0.5': dirichlet(0.5),
  'dirichlet-5': dirichlet(5),
  iid: { name: 'iid', clients: 8 },
};
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    data: { type: 'string' },
    out: { type: 'string' },
    results: { type: 'string' },
    seeds: { type: 'string', default: '1,2,3,4,5' },
    splits: { type: 'string', default: Object.keys(SPLITS).join(',') },
    jobs: { type: 'string', default: '1' },
  },
});
const splits = options.splits.split(',');
const unknown = splits.find((split) => !(split in SPLITS));
if (positionals.length !== 1 || !options.data || !options.out || !options.results || unknown) {
  console.error(
    unknown
      ? `[perfit/examples] unknown split '${unknown}': there are ${Object.keys(SPLITS).join(', ')}.`
      : '[perfit/examples] never-worse needs CONFIG, --data, --out and --results. See the first lines of this file.',
  );
  process.exit(2);
}
mkdirSync(dirname(options.results), { recursive: true });
const [seeds, jobs] = [options.seeds.split(',').map(Number), Number(options.jobs)];
const { methods, ...base } = parse(readFileSync(positionals[0], 'utf8'));
const entries = methods.map((entry) => (typeof entry === 'string' ? { name: entry } : entry));

const cells = openCells(`${options.results}.cells.jsonl`);
const all = splits.flatMap((split) => seeds.flatMap((seed) => entries.map((entry) => ({ split, seed, entry }))));
const done = await together(all, jobs, async ({ split, seed, entry }) => {
  const cell = { entry, rate: base.learningRate, seed, scored: 'test', base: { ...base, partitioner: SPLITS[split] } };
  const { clients } = await runCell(cell, {
    cells,
    out: options.out,
    data: options.data,
    jobs,
    label: `${split}_`,
  });
  return { split, seed, name: entry.name, clients };
});

/** All seeds of a split as one comparison, its clients named SEED/ID. */
function comparisonOf(split) {
  const runs = done.filter((run) => run.split === split);
  const seedsOf = (name) => runs.filter((run) => run.name === name).map(({ seed, clients }) => ({ seed, clients }));
  return poolSeeds(Object.fromEntries(entries.map(({ name }) => [name, seedsOf(name)])));
}

const meanLoss = (comparison, method, moment) => {
  const lines = Object.values(comparison.methods[method].clients);
  return lines.reduce((sum, { personal }) => sum + Math.log(personal[moment]), 0) / lines.length;
};
const random = randomStreams(1).stream('bootstrap');
// FedIT + local takes FedIT's steps, and its figure after local steps is FedIT's.
const BASELINES = ['local-only', 'fedit'];
const OURS = entries.map(({ name }) => name).filter((name) => !BASELINES.includes(name));
const MOMENTS = { afterDistribution: 'after distribution', afterLocal: 'after local steps' };
const rows = splits.flatMap((split) => {
  const comparison = comparisonOf(split);
  return Object.keys(MOMENTS).map((moment) => {
    const loss = (method) => meanLoss(comparison, method, moment);
    const best = BASELINES.reduce((a, b) => (loss(b) < loss(a) ? b : a));
    const ours = OURS.map((method) => ({
      method,
      perplexity: Math.exp(loss(method)),
      ...pairedDifference(comparison, [method, moment], [best, moment], random),
    }));
    const baselines = Object.fromEntries(BASELINES.map((method) => [method, Math.exp(loss(method))]));
    return { split, moment, best, baselines, ours };
  });
});

const marked = (pair) => (pair.interval[0] > 0 ? `**${ratio(pair)}**` : ratio(pair));
const computed = machine(jobs);
const markdown = [
  `Model ${base.model}, seeds ${options.seeds}; last written on ${computed}. Perplexity: exp of the mean client loss. Ratios against the better baseline, paired per client and seed, [95 % bootstrap interval]; below 1 is better, worse beyond the interval is **bold**.`,
  '',
  `| split | moment | local-only | fedit (+ local) | ${OURS.join(' | ')} |`,
  `|---|---|---|---|${OURS.map(() => '---|').join('')}`,
  ...rows.map(({ split, moment, baselines, ours }) => {
    const figures = BASELINES.map((method) => baselines[method].toPrecision(4));
    return `| ${[split, MOMENTS[moment], ...figures, ...ours.map(marked)].join(' | ')} |`;
  }),
  '',
].join('\n');
writeFileSync(
  `${options.results}.json`,
  `${JSON.stringify({ machine: computed, seeds, configuration: base, splits: SPLITS, rows }, null, 1)}\n`,
);
writeFileSync(`${options.results}.md`, markdown);
console.log(markdown);
