// The ladder: for every method a learning rate from one grid, chosen on validation rows by one seed; then every seed with
// that rate, scored once on the test rows. Whatever is there already is not repeated.
//   node examples/ladder/run.mjs CONFIG --seeds 1,2,3,4,5 --out DIR --results NAME [--rates 3e-4,1e-3,3e-3] [--jobs N] [--set key=value …]
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { parse, stringify } from 'yaml';
import { perfit, script, together } from '../processes.mjs';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: 'string', default: '1,2,3,4,5' },
    rates: { type: 'string', default: '3e-4,1e-3,3e-3' },
    out: { type: 'string' },
    results: { type: 'string' },
    set: { type: 'string', multiple: true, default: [] },
    accuracy: { type: 'boolean', default: false },
    jobs: { type: 'string', default: '1' },
  },
});
const [config] = positionals;
if (!config || !options.out || !options.results) {
  console.error('[perfit/examples] ladder needs CONFIG, --out and --results. See the first lines of this file.');
  process.exit(2);
}
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const [firstSeed] = options.seeds.split(',');
const sets = options.set.flatMap((set) => ['--set', set]);

const jobs = Number(options.jobs);

mkdirSync(options.out, { recursive: true });
const read = (path) => parse(readFileSync(path, 'utf8'));
const configuration = { ...read(config), ...read(here('methods.yaml')) };
const whole = join(options.out, 'all-rates.yaml');
writeFileSync(whole, stringify(configuration));
const entries = configuration.methods.map((entry) => (typeof entry === 'string' ? { name: entry } : entry));

// 1. A rate for every method.
const scored = await together(options.rates.split(','), jobs, async (rate) => {
  const directory = join(options.out, `rate-${rate}`);
  const resume = existsSync(directory) ? ['--resume'] : [];
  const own = [`seed=${firstSeed}`, `learningRate=${rate}`, 'validation.scored=true'].flatMap((set) => ['--set', set]);
  const { methods } = await perfit(['run', whole, ...sets, ...own, '--out', directory, ...resume], { jobs });
  return { rate: Number(rate), methods };
});
const figure = ({ methods }, { name }) => {
  const { afterDistribution, afterLocal } = methods[name].averages.personal;
  return (name.endsWith('-local') ? afterLocal.expMeanLoss : afterDistribution.expMeanLoss) ?? Number.POSITIVE_INFINITY;
};
const chosen = entries.map((entry) => {
  const best = scored.reduce((a, b) => (figure(b, entry) < figure(a, entry) ? b : a));
  return { ...entry, learningRate: best.rate };
});
const withRates = join(options.out, 'ladder.yaml');
writeFileSync(withRates, stringify({ ...configuration, methods: chosen }));

// 2. Every seed.
await script(here('../run-seeds.mjs'), [
  withRates,
  ...sets,
  ...['--seeds', options.seeds, '--out', join(options.out, 'seeds'), '--results', options.results],
  ...['--jobs', options.jobs],
  ...(options.accuracy ? ['--accuracy'] : []),
]);
console.log(readFileSync(`${options.results}.md`, 'utf8'));
