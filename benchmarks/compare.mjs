/**
 * Two branches (or commits) against each other: both are checked out into worktrees of their own, installed, built, and
 * measured in turns by the benchmarks of this checkout.
 *
 *   node benchmarks/compare.mjs A B [--bench step] [--repeats 3] [-- options of the benchmark …]
 *
 * Prints one JSON: every figure of A over that of B, paired by repeat. Rates above 1 and times and memory below 1 are in
 * favour of A. Only our side runs. The worktrees are removed in the end.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { environment, root } from './shared/machine.mjs';
import { checkReport } from './shared/report.mjs';
import { pairedRatio } from './shared/statistics.mjs';

const argv = process.argv.slice(2);
const dashes = argv.indexOf('--');
const { values, positionals: refs } = parseArgs({
  args: dashes < 0 ? argv : argv.slice(0, dashes),
  allowPositionals: true,
  options: { bench: { type: 'string', default: 'step' }, repeats: { type: 'string', default: '3' } },
});
const passed = dashes < 0 ? [] : argv.slice(dashes + 1);
const repeats = Number(values.repeats);
if (refs.length !== 2 || !(repeats >= 1)) {
  process.stderr.write('Two branches or commits are needed: node benchmarks/compare.mjs A B [--bench NAME]\n');
  process.exit(2);
}

function command(cwd, program, ...args) {
  process.stderr.write(`▸ ${program} ${args.join(' ')}\n`);
  const { status, stdout, error } = spawnSync(program, args, {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${error?.message ?? `status ${status}`}`);
  return stdout;
}

/** A worktree of a ref, ready to be measured by this checkout's benchmarks. */
function prepare(ref, folder) {
  command(root, 'git', 'worktree', 'add', '--detach', folder, ref);
  command(
    folder,
    process.execPath,
    '--input-type=module',
    '-e',
    `import { prepare } from './tools/prepare.mjs'; prepare();`,
  );
  rmSync(join(folder, 'benchmarks'), { recursive: true, force: true });
  cpSync(join(root, 'benchmarks'), join(folder, 'benchmarks'), { recursive: true });
  return command(folder, 'git', 'rev-parse', '--short=12', 'HEAD').trim();
}

const scratch = mkdtempSync(join(tmpdir(), 'perfit-compare-'));
const sides = ['A', 'B'].map((name, i) => ({ name, ref: refs[i], folder: join(scratch, name), reports: [] }));
try {
  for (const side of sides) side.commit = prepare(side.ref, side.folder);
  for (let repeat = 0; repeat < repeats; repeat++)
    for (const side of repeat % 2 === 0 ? sides : sides.toReversed()) {
      const file = join(side.folder, 'benchmarks', `${values.bench}.mjs`);
      const printed = command(side.folder, process.execPath, file, '--only-ours', '--repeats', '1', ...passed);
      side.reports.push(checkReport(JSON.parse(printed)));
    }
  const [a, b] = sides.map(({ reports }) => reports.map(({ figures }) => figures));
  const shared = Object.keys(a[0]).filter((name) => b[0][name] !== undefined);
  const medians = (figures, name) => figures.map((one) => one[name].median);
  const ratios = Object.fromEntries(shared.map((name) => [name, pairedRatio(medians(a, name), medians(b, name))]));
  const report = {
    benchmark: values.bench,
    compared: sides.map(({ name, ref, commit }) => ({ name, ref, commit })),
    options: sides[0].reports[0].options,
    environment: environment(sides[0].reports[0].environment.threads, {}),
    ratios,
    figures: { A: a, B: b },
  };
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
} finally {
  for (const { folder } of sides)
    spawnSync('git', ['worktree', 'remove', '--force', folder], { cwd: root, stdio: 'ignore' });
  rmSync(scratch, { recursive: true, force: true });
}
