/**
 * The embedded quickstart, `perfit run`, on the native engine against WebAssembly.
 *
 *   npm run build && node benchmarks/quickstart.mjs [--rounds 5] [--steps 12] [--methods NAME,NAME…]
 *     [--repeats 1] [--threads N] [--quick] [--record]
 *
 * Whole processes as a user starts them, everything written; by default all methods of the quickstart.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { embeddedDataset } from '@perfit/datasets';
import { createEngine } from '@perfit/tensorflow';
import { root } from './shared/machine.mjs';
import { readOptions } from './shared/options.mjs';
import { scratchFolder } from './shared/processes.mjs';
import { tell } from './shared/report.mjs';
import { largestDifference, pairedRatio, spread } from './shared/statistics.mjs';

const options = readOptions(
  { rounds: 5, steps: 12, methods: 'untuned,local-only,fedit,fedit-local,perfit,perfit-validated', repeats: 1 },
  { rounds: 1, steps: 1, methods: 'fedit' },
);
const { rounds, steps, methods, threads, repeats, quick } = options;
const folder = scratchFolder();
const bin = join(root, 'packages', 'cli', 'bin', 'perfit.js');
/** Two clients, two rows a batch. */
const SMALL = {
  ...{ 'data.path': 'embedded', 'data.testRows': 1, batchSize: 2 },
  partitioner: `{ name: field, field: client, values: [${embeddedClients().slice(0, 2)}] }`,
};

function embeddedClients() {
  return [...new Set(embeddedDataset().train.map(({ client }) => client))];
}

function quickstart(engine) {
  const set = { rounds, steps, methods: `[${methods}]`, ...(quick ? SMALL : {}) };
  const args = [
    ...[bin, '--engine', engine, '--threads', String(threads), 'run', '--json'],
    ...['--out', join(mkdtempSync(join(folder, engine)), 'run')],
    ...Object.entries(set).flatMap(([key, value]) => ['--set', `${key}=${value}`]),
  ];
  const begin = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(`perfit run on ${engine} failed:\n${stderr.slice(-2000)}`);
  const seconds = (performance.now() - begin) / 1000;
  const all = Object.values(JSON.parse(stdout).methods);
  return { seconds, perplexities: all.map(({ averages }) => averages.personal.afterDistribution.expMeanLoss) };
}

const engine = await createEngine({ threads });
const native = engine.description.kind === 'native';
const engines = native ? ['native', 'wasm'] : ['wasm'];
const runs = Object.fromEntries(engines.map((name) => [name, []]));
for (let repeat = 0; repeat < repeats; repeat++)
  for (const name of engines) {
    process.stderr.write(`quickstart: ${name}, ${repeat + 1} of ${repeats}\n`);
    runs[name].push(quickstart(name));
  }
const seconds = (name) => runs[name].map((one) => one.seconds);
tell({
  benchmark: 'quickstart',
  options,
  versions: native ? { engine: 'native', tensorflow: engine.description.version } : { engine: 'wasm' },
  figures: Object.fromEntries(engines.map((name) => [`${name}: seconds`, spread(seconds(name))])),
  ratios: native ? { 'native: seconds against wasm': pairedRatio(seconds('native'), seconds('wasm')) } : {},
  results: {
    perplexities: Object.fromEntries(engines.map((name) => [name, runs[name][0].perplexities])),
    ...(native
      ? { difference: largestDifference(runs.native[0].perplexities, runs.wasm[0].perplexities) }
      : { skipped: 'the native engine is not installed here' }),
  },
});
