/**
 * Every benchmark, one after the other, and one JSON of all their reports: `{ reports: { NAME: report }, seconds }`.
 *
 *   npm run bench -- --data DIR [--model DIR] [--only step,gemm] [--repeats N] [--kinds default,best] [--threads N]
 *     [--only-ours] [--record]
 *   npm run bench:quick        small sizes on the packaged model, as CI runs it: that everything runs, no thresholds
 *
 * A benchmark that fails is told on stderr, and the exit status is 1; the others still run.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './shared/machine.mjs';
import { checkReport } from './shared/report.mjs';

const NAMES = [
  ...[
    'step',
    'curves',
    'fedflan-step',
    'evaluate',
    'generate',
    'gemm',
    'search',
    'savings',
    'clients-at-once',
    'aggregation',
    'strategies',
    'quickstart',
  ],
  'time-to-perplexity',
];
const args = process.argv.slice(2);
if (args.includes('--help')) args.push('--only', 'step');
const at = args.indexOf('--only');
const names = at < 0 ? NAMES : args[at + 1].split(',');
const shared = at < 0 ? args : args.toSpliced(at, 2);
const unknown = names.filter((name) => !NAMES.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`--only ${unknown}: the benchmarks are ${NAMES.join(', ')}.\n`);
  process.exit(2);
}

const begin = performance.now();
const reports = {};
for (const name of names) {
  const { status, stdout } = spawnSync(process.execPath, [join(root, 'benchmarks', `${name}.mjs`), ...shared], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 1 << 28,
  });
  try {
    if (status !== 0) throw new Error(`${name} ended with status ${status}`);
    reports[name] = checkReport(JSON.parse(stdout));
    if (reports[name].benchmark !== name) throw new Error(`${name} told of ${reports[name].benchmark}`);
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
const seconds = Number(((performance.now() - begin) / 1000).toFixed(1));
process.stderr.write(`${Object.keys(reports).length} of ${names.length} benchmarks in ${seconds} s\n`);
process.stdout.write(`${JSON.stringify({ reports, seconds }, null, 2)}\n`);
