// Robust aggregators with and without two malicious clients of eight, on the embedded data.
//   node examples/robustness/run.mjs --out DIR --results NAME [--rounds 5] [--steps 12] [--seed 1] [--split iid|groups]
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values: options } = parseArgs({
  options: {
    out: { type: 'string' },
    results: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    steps: { type: 'string', default: '12' },
    seed: { type: 'string', default: '1' },
    split: { type: 'string', default: 'iid' },
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
  // The default radius of 10 clips nothing here.
  '{ name: centred-clipping, aggregator: { name: centred-clipping, radius: 3, iterations: 3 } }',
];
const bin = fileURLToPath(new URL('../../packages/cli/bin/perfit.js', import.meta.url));
const attack = MALICIOUS.map((id) => `${id}: { attack: { name: sign-flip, scale: 10 } }`).join(', ');

function run(name, ...sets) {
  const directory = join(options.out, name);
  const keys = [
    `methods=[${METHODS.join(', ')}]`,
    `partitioner=${split.partitioner}`,
    ...['rounds', 'steps', 'seed'].map((key) => `${key}=${options[key]}`),
  ];
  const { status } = spawnSync(
    process.execPath,
    [
      bin,
      'run',
      ...[...keys, ...sets].flatMap((set) => ['--set', set]),
      '--out',
      directory,
      ...(existsSync(directory) ? ['--resume'] : []),
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  if (status !== 0) process.exit(status ?? 1);
  const { methods } = JSON.parse(readFileSync(join(directory, 'summary.json'), 'utf8'));
  return Object.fromEntries(
    Object.entries(methods).map(([method, { clients }]) => {
      const honest = Object.entries(clients).filter(([id]) => !MALICIOUS.includes(id));
      return [method, Math.exp(honest.reduce((sum, [, { global }]) => sum + Math.log(global), 0) / honest.length)];
    }),
  );
}

const clean = run('clean');
const attacked = run('attacked', `clients={ ${attack} }`);
const rows = Object.keys(clean).map((method) => ({
  method,
  clean: clean[method],
  attacked: attacked[method],
  ratio: attacked[method] / clean[method],
}));
const machine = `${cpus()[0].model}, ${cpus().length} cores, Node ${process.versions.node}`;
const markdown = [
  `Split ${options.split}, seed ${options.seed}, ${options.rounds} rounds of ${options.steps} steps; ${machine}. Perplexity of the global module over the six honest clients (exp of the mean client loss).`,
  '',
  '| rule | clean | two of eight malicious | ratio |',
  '|---|---|---|---|',
  ...rows.map(
    (row) =>
      `| ${row.method} | ${row.clean.toFixed(3)} | ${row.attacked.toPrecision(4)} | ${row.ratio.toPrecision(4)} |`,
  ),
  '',
].join('\n');
if (options.results) {
  writeFileSync(
    `${options.results}.json`,
    `${JSON.stringify({ machine, options: { ...options, out: undefined, results: undefined }, rows }, null, 1)}\n`,
  );
  writeFileSync(`${options.results}.md`, markdown);
}
console.log(markdown);
