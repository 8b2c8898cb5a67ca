// Robust aggregators with and without two malicious clients of eight, on the embedded data.
//   node examples/robustness/run.mjs --out DIR --results NAME [--seeds 1,2,3] [--rounds 5] [--steps 12] [--split iid|groups] [--jobs N]
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { perfit, together } from '../processes.mjs';
import { machine } from '../report.mjs';

const { values: options } = parseArgs({
  options: {
    out: { type: 'string' },
    results: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    steps: { type: 'string', default: '12' },
    seeds: { type: 'string', default: '1,2,3' },
    split: { type: 'string', default: 'iid' },
    jobs: { type: 'string', default: '1' },
  },
});
if (!options.out) {
  console.error('[perfit/examples] robustness needs --out. See the first lines of this file.');
  process.exit(2);
}
/** Clients that are alike, or the embedded data's own groups, whose preferences conflict. */
const SPLITS = {
  iid: { partitioner: '{ name: iid, clients: 8 }', malicious: ['client-1', 'client-2'] },
  groups: { partitioner: '{ name: field, field: client }', malicious: ['inn-1', 'court-2'] },
};
const split = SPLITS[options.split];
if (!split) {
  console.error(`[perfit/examples] unknown split '${options.split}': there are ${Object.keys(SPLITS).join(', ')}.`);
  process.exit(2);
}
const MALICIOUS = split.malicious;
const METHODS = [
  'fedit',
  'median',
  '{ name: trimmed-mean, aggregator: { name: trimmed-mean, trim: 2 } }',
  '{ name: krum, aggregator: { name: krum, byzantine: 2 } }',
  '{ name: multi-krum, aggregator: { name: multi-krum, byzantine: 2 } }',
  // The default radius of 10 clips nothing here. The last number is how often it clips anew around what came out.
  ...[
    [3, 3],
    [1, 3],
    [0.3, 3],
    [1, 20],
  ].map(
    ([radius, iterations]) =>
      `{ name: centred-clipping-${radius}-${iterations}, method: centred-clipping, aggregator: { name: centred-clipping, radius: ${radius}, iterations: ${iterations} } }`,
  ),
];
const attack = MALICIOUS.map((id) => `${id}: { attack: { name: sign-flip, scale: 10 } }`).join(', ');
const jobs = Number(options.jobs);

/** Perplexity of the global module over the honest clients, by method. */
async function run(seed, kind, ...sets) {
  const directory = join(options.out, `seed-${seed}`, kind);
  const keys = [
    `methods=[${METHODS.join(', ')}]`,
    `partitioner=${split.partitioner}`,
    ...['rounds', 'steps'].map((key) => `${key}=${options[key]}`),
    `seed=${seed}`,
    ...sets,
  ].flatMap((set) => ['--set', set]);
  const resume = existsSync(directory) ? ['--resume'] : [];
  const { methods } = await perfit(['run', ...keys, '--out', directory, ...resume], { jobs });
  return Object.fromEntries(
    Object.entries(methods).map(([method, { clients }]) => {
      const honest = Object.entries(clients).filter(([id]) => !MALICIOUS.includes(id));
      return [method, Math.exp(honest.reduce((sum, [, { global }]) => sum + Math.log(global), 0) / honest.length)];
    }),
  );
}

const seeds = options.seeds.split(',').map(Number);
const runs = await together(seeds, jobs, async (seed) => ({
  seed,
  clean: await run(seed, 'clean'),
  attacked: await run(seed, 'attacked', `clients={ ${attack} }`),
}));
const rows = Object.keys(runs[0].clean).map((method) => ({
  method,
  clean: runs.map(({ clean }) => clean[method]),
  attacked: runs.map(({ attacked }) => attacked[method]),
  ratio: runs.map(({ clean, attacked }) => attacked[method] / clean[method]),
}));
/** Geometric mean and range. */
function spread(values, digits = 4) {
  const mean = Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
  const range = [Math.min(...values), Math.max(...values)].map((value) => value.toPrecision(digits));
  return values.length > 1 ? `${mean.toPrecision(digits)} (${range.join('–')})` : mean.toPrecision(digits);
}
const computed = machine(jobs);
const markdown = [
  `Split ${options.split}, seeds ${seeds.join(', ')}, ${options.rounds} rounds of ${options.steps} steps; ${computed}. Perplexity of the global module over the six honest clients (exp of the mean client loss): geometric mean over the seeds (range).`,
  '',
  '| rule | clean | two of eight malicious | ratio |',
  '|---|---|---|---|',
  ...rows.map((row) => `| ${row.method} | ${spread(row.clean)} | ${spread(row.attacked)} | ${spread(row.ratio)} |`),
  '',
].join('\n');
if (options.results) {
  const { out: _out, results: _results, ...told } = options;
  writeFileSync(`${options.results}.json`, `${JSON.stringify({ machine: computed, options: told, rows }, null, 1)}\n`);
  writeFileSync(`${options.results}.md`, markdown);
}
console.log(markdown);
