import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from './machine.mjs';

const here = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** A measuring process of ours: `benchmarks/ours/NAME.mjs` with a job. */
export const ours = (name, job) => ({ program: process.execPath, file: here(`ours/${name}.mjs`), job });

const python = () =>
  process.env.PYTHON ?? join(root, '.venv', process.platform === 'win32' ? 'Scripts/python' : 'bin/python');

/** Why there can be no baseline: null where there can. `modules` are the Python modules that it needs. */
function missingBaseline({ onlyOurs }, modules) {
  if (onlyOurs) return '--only-ours';
  const program = python();
  const cure = 'make it with `node benchmarks/environment.mjs`, or name one by PYTHON';
  if (process.env.PYTHON === undefined && !existsSync(program)) return `no Python environment: ${cure}`;
  const probe = `import importlib.util as u, sys; print(*[m for m in sys.argv[1:] if u.find_spec(m) is None])`;
  const { status, stdout } = spawnSync(program, ['-c', probe, ...modules], { encoding: 'utf8' });
  if (status !== 0) return `${process.env.PYTHON ? 'PYTHON' : 'the Python of .venv'} does not run: ${cure}`;
  const absent = stdout.trim();
  return absent === '' ? null : `Python has no ${absent.replaceAll(' ', ', ')}: ${cure}`;
}

const TORCH = ['torch', 'transformers', 'peft'];

/**
 * The Python side of a job, one entry a kind (`default`: as users run it, `best`: at its best), and why there is none.
 * `name` is a file in `benchmarks/python`.
 */
export function baselines(options, name, job, modules = TORCH) {
  const missing = missingBaseline(options, modules);
  if (missing !== null) return { sides: {}, missing };
  const kinds = options.kinds.split(',');
  const side = (kind) => ({ program: python(), file: here(`python/${name}.py`), job: { ...job, kind } });
  return { sides: Object.fromEntries(kinds.map((kind) => [kind, side(kind)])), missing: null };
}

/** Runs a process once, so that peak memory and thread pools are its alone; what it prints last is its result. */
export function run({ program, file, job }) {
  const threads = String(job.threads ?? 1);
  const { status, signal, stdout, stderr, error } = spawnSync(
    program,
    [file, JSON.stringify({ ...job, started: Date.now() })],
    {
      cwd: root,
      env: { ...process.env, OMP_NUM_THREADS: threads, MKL_NUM_THREADS: threads, HF_HUB_OFFLINE: '1' },
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    },
  );
  if (status === 0) return JSON.parse(stdout.trim().split('\n').at(-1));
  const why = error?.message ?? (signal ? `ended by ${signal}` : `status ${status}`);
  throw new Error(`${file} failed: ${why}\n${(stderr ?? '').trim().split('\n').slice(-12).join('\n')}`);
}

/**
 * Runs every side `repeats` times, taking turns; who begins changes from turn to turn. `sides` by name; what each
 * printed comes back by name, in order.
 */
export function alternate(title, sides, repeats) {
  const names = Object.keys(sides);
  const runs = Object.fromEntries(names.map((name) => [name, []]));
  for (let repeat = 0; repeat < repeats; repeat++)
    for (let turn = 0; turn < names.length; turn++) {
      const name = names[(turn + repeat) % names.length];
      process.stderr.write(`${title}: ${name}, ${repeat + 1} of ${repeats}\n`);
      runs[name].push(run(sides[name]));
    }
  return runs;
}

/** A folder for what processes hand each other, removed when this process ends. */
export function scratchFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'perfit-benchmark-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
