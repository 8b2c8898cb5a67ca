// Runs a configuration for several seeds and writes what came out, with the configuration and the machine, as JSON and
// as a Markdown table. Runs that are complete are not repeated; one that was interrupted goes on.
//   node examples/run-seeds.mjs [CONFIG] --seeds 1,2,3 --out DIR --results NAME [--accuracy] [--set key=value …]
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pairedDifference, poolSeeds, randomStreams } from '@perfit/runtime';

const args = process.argv.slice(2);
const option = (name) => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined);
const config = args[0]?.startsWith('--') ? undefined : args[0];
const seeds = (option('--seeds') ?? '1').split(',').map(Number);
const out = option('--out');
const results = option('--results');
const sets = args.flatMap((arg, i) => (arg === '--set' ? ['--set', args[i + 1]] : []));
const bin = fileURLToPath(new URL('../packages/cli/bin/perfit.js', import.meta.url));

function perfit(...rest) {
  const { status, stdout } = spawnSync(process.execPath, [bin, ...rest], {
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 1 << 28,
  });
  if (status !== 0) process.exit(status ?? 1);
  return JSON.parse(stdout);
}

const runs = seeds.map((seed) => {
  const directory = join(out, `seed-${seed}`);
  const resume = existsSync(directory) ? ['--resume'] : [];
  const run = perfit(
    'run',
    ...(config ? [config] : []),
    ...sets,
    '--set',
    `seed=${seed}`,
    '--out',
    directory,
    '--json',
    ...resume,
  );
  const accuracy = Object.fromEntries(
    args.includes('--accuracy')
      ? Object.keys(run.methods).map((name) => {
          const { clients } = perfit(
            'evaluate',
            '--run',
            join(directory, name),
            '--accuracy',
            '--json',
            ...(option('--data') ? ['--data', option('--data')] : []),
          );
          return [
            name,
            Object.fromEntries(clients.map(({ id, accuracy }) => [id, accuracy && accuracy.correct / accuracy.rows])),
          ];
        })
      : [],
  );
  return { seed, methods: run.methods, accuracy };
});

const names = Object.keys(runs[0].methods);
const MOMENTS = ['afterDistribution', 'afterLocal'];
const pooled = poolSeeds(
  Object.fromEntries(
    names.map((name) => [name, runs.map(({ seed, methods }) => ({ seed, clients: methods[name].clients }))]),
  ),
);
const random = randomStreams(1).stream('bootstrap');
const rows = names.map((name) => {
  const figures = MOMENTS.map((moment) =>
    runs.map(({ methods }) => methods[name].averages.personal[moment].expMeanLoss),
  );
  const paired = ['fedit', 'local-only'].map((baseline) =>
    MOMENTS.map((moment) =>
      names.includes(baseline) && name !== baseline
        ? pairedDifference(pooled, [name, moment], [baseline, moment], random)
        : null,
    ),
  );
  const right = runs.flatMap(({ accuracy }) => Object.values(accuracy[name] ?? {}).filter((value) => value !== null));
  return { name, figures, paired, accuracy: right.length > 0 ? right.reduce((a, b) => a + b, 0) / right.length : null };
});

const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;
const spread = (values) =>
  values.length < 2 ? '' : ` (${Math.min(...values).toFixed(3)}–${Math.max(...values).toFixed(3)})`;
const cell = (values) => (values.includes(null) ? '–' : `${mean(values).toFixed(3)}${spread(values)}`);
const ratio = (pair) =>
  pair === null
    ? '–'
    : `${pair.ratio.toFixed(3)} [${pair.interval.map((bound) => Math.exp(bound).toFixed(3)).join(', ')}]`;
const machine = `${cpus()[0].model}, ${cpus().length} cores, Node ${process.versions.node}`;
const markdown = [
  `Seeds ${seeds.join(', ')}; ${machine}. Perplexity: exp of the mean client loss, mean over seeds (range). Ratios: paired per client and seed, [95 % bootstrap interval].`,
  '',
  '| method | after distribution | after local steps | against FedIT, distribution | against FedIT + local | against local-only, distribution | label accuracy |',
  '|---|---|---|---|---|---|---|',
  ...rows.map(
    ({ name, figures, paired, accuracy }) =>
      `| ${name} | ${cell(figures[0])} | ${cell(figures[1])} | ${ratio(paired[0][0])} | ${ratio(paired[0][1])} | ${ratio(paired[1][0])} | ${accuracy === null ? '–' : accuracy.toFixed(3)} |`,
  ),
  '',
].join('\n');
const summary = JSON.parse(readFileSync(join(out, `seed-${seeds[0]}`, names[0], 'summary.json'), 'utf8'));
const { methods: _, ...configuration } = summary.config;
writeFileSync(`${results}.json`, `${JSON.stringify({ machine, seeds, configuration, runs, rows }, null, 1)}\n`);
writeFileSync(`${results}.md`, markdown);
console.log(markdown);
