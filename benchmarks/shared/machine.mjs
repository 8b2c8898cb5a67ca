import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem, type } from 'node:os';
import { fileURLToPath } from 'node:url';

/** The root of this checkout. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

/** As this file is loaded: before anything is measured. */
const start = { date: new Date().toISOString(), load: loadavg() };

/** Instruction sets that decide how fast products are. */
const NOTABLE = /^(avx2|fma|avx512f|avx512_vnni|avx512_bf16|amx_bf16|asimd|bf16|sve)$/;

/** Where and on what a measurement was taken. `versions` are those that the measured processes tell. */
export function environment(threads, versions) {
  return {
    date: start.date,
    commit: commit(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    flags: cpuFlags(),
    cores: cpus().length,
    threads,
    memoryBytes: totalmem(),
    system: `${type()} ${release()}`,
    // Runnable processes, mean of the last 1, 5 and 15 minutes: a busy machine shows.
    loadAtStart: start.load.map((value) => Number(value.toFixed(2))),
    node: process.versions.node,
    ...versions,
  };
}

function cpuFlags() {
  const text = existsSync('/proc/cpuinfo') ? readFileSync('/proc/cpuinfo', 'utf8') : '';
  const flags = /^(?:flags|Features)\s*:\s*(.*)$/m.exec(text)?.[1].split(/\s+/) ?? [];
  return flags.filter((flag) => NOTABLE.test(flag));
}

/** The commit that is checked out, with a `+` where files differ from it. */
function commit() {
  const git = (...args) => execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: 'pipe' }).trim();
  try {
    const changed = git('status', '--porcelain', '--untracked-files=no', '--', 'packages', 'benchmarks') !== '';
    return `${git('rev-parse', '--short=12', 'HEAD')}${changed ? '+' : ''}`;
  } catch {
    return 'unknown';
  }
}
