/**
 * Makes the pinned Python environment of the baselines, `.venv` at the root, from benchmarks/requirements.txt.
 *
 *   node benchmarks/environment.mjs [options of pip install …]
 *
 * PYTHON names the interpreter to make it with (default: python3). Options go to pip: an index that has PyTorch without CUDA
 * saves gigabytes. Running it again brings an environment to the pinned versions.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './shared/machine.mjs';

const place = join(root, '.venv');
const inside = join(place, process.platform === 'win32' ? 'Scripts/python' : 'bin/python');

function step(title, program, ...args) {
  process.stderr.write(`▸ ${title}\n`);
  const { status, error } = spawnSync(program, args, { cwd: root, stdio: ['ignore', 2, 2] });
  if (status === 0) return;
  process.stderr.write(`${title} failed: ${error?.message ?? `status ${status}`}. See the output above.\n`);
  process.exit(1);
}

step('make .venv', process.env.PYTHON ?? 'python3', '-m', 'venv', place);
const requirements = join('benchmarks', 'requirements.txt');
step(
  'install the pinned packages',
  inside,
  '-m',
  'pip',
  'install',
  '--quiet',
  '-r',
  requirements,
  ...process.argv.slice(2),
);
process.stdout.write(`${inside}\n`);
