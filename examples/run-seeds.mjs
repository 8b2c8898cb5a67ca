// Runs a configuration for several seeds and writes what came out, with the configuration and the machine, as JSON and
// as a Markdown table. Runs that are complete are not repeated; one that was interrupted goes on.
//   node examples/run-seeds.mjs [CONFIG] --seeds 1,2,3 --out DIR --results NAME [--accuracy] [--jobs N] [--set key=value …]
// With --jobs N as many seeds run at a time, each on its part of the cores.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { pairedDifference, poolSeeds, randomStreams } from '@perfit/runtime';
import { perfit, together } from './processes.mjs';

const args = process.argv.slice(2);
const option = (name) => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined);
const config = args[0]?.startsWith('--') ? undefined : args[0];
const seeds = (option('--seeds') ?? '1').split(',').map(Number);
const out = option('--out');
const results = option('--results');
const jobs = Number(option('--jobs') ?? 1);
const sets = args.flatMap((arg, i) => (arg === '--set' ? ['--set', args[i + 1]] : []));
const wantsAccuracy = args.includes('--accuracy');

/** Label accuracy of every client under one method. */
async function accuracyOf(directory) {
  const data = option('--data') ? ['--data', option('--data')] : [];
  const { clients } = await perfit(['evaluate', '--run', directory, '--accuracy', ...data], { jobs });
  return Object.fromEntries(clients.map(({ id, accuracy }) => [id, accuracy && accuracy.correct / accuracy.rows]));
}

const runs = await together(seeds, jobs, async (seed) => {
  const directory = join(out, `seed-${seed}`);
  const resume = existsSync(directory) ? ['--resume'] : [];
  const whole = [...(config ? [config] : []), ...sets, '--set', `seed=${seed}`, '--out', directory, ...resume];
  const { methods } = await perfit(['run', ...whole], { jobs });
  const accuracy = {};
  if (wantsAccuracy) for (const name of Object.keys(methods)) accuracy[name] = await accuracyOf(join(directory, name));
  return { seed, methods, accuracy };
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
const threads = Math.max(1, Math.floor(availableParallelism() / jobs));
const machine = `${cpus()[0].model}, ${cpus().length} cores, ${threads} threads a run, Node ${process.versions.node}`;
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
