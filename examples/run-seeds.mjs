// Runs a configuration for several seeds and writes what came out, with the configuration and the machine, as JSON and
// as a Markdown table. Runs that are complete are not repeated; one that was interrupted goes on.
//   node examples/run-seeds.mjs [CONFIG] --seeds 1,2,3 --out DIR --results NAME [--accuracy] [--jobs N] [--set key=value …]
// With --jobs N as many seeds run at a time, each on its part of the cores.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pairedDifference, poolSeeds, randomStreams } from '@perfit/runtime';
import { accuracyOf } from './cells.mjs';
import { perfit, together } from './processes.mjs';
import { machine, ratio } from './report.mjs';

const args = process.argv.slice(2);
const option = (name) => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined);
const config = args[0]?.startsWith('--') ? undefined : args[0];
const seeds = (option('--seeds') ?? '1').split(',').map(Number);
const out = option('--out');
const results = option('--results');
const jobs = Number(option('--jobs') ?? 1);
const sets = args.flatMap((arg, i) => (arg === '--set' ? ['--set', args[i + 1]] : []));
const wantsAccuracy = args.includes('--accuracy');

const runs = await together(seeds, jobs, async (seed) => {
  const directory = join(out, `seed-${seed}`);
  const resume = existsSync(directory) ? ['--resume'] : [];
  const whole = [...(config ? [config] : []), ...sets, '--set', `seed=${seed}`, '--out', directory, ...resume];
  const { methods } = await perfit(['run', ...whole], { jobs });
  const accuracy = {};
  if (wantsAccuracy)
    for (const name of Object.keys(methods))
      accuracy[name] = await accuracyOf(join(directory, name), option('--data'), jobs);
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
const where = machine(jobs);
const markdown = [
  `Seeds ${seeds.join(', ')}; ${where}. Perplexity: exp of the mean client loss, mean over seeds (range). Ratios: paired per client and seed, [95 % bootstrap interval].`,
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
writeFileSync(`${results}.json`, `${JSON.stringify({ machine: where, seeds, configuration, runs, rows }, null, 1)}\n`);
writeFileSync(`${results}.md`, markdown);
console.log(markdown);
