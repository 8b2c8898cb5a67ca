import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The root of the clone. */
export const root = fileURLToPath(new URL('..', import.meta.url));

/** Runs a command at the root; its output goes to stderr, so that stdout stays the last command's. Returns whether it succeeded. */
export function step(title, command, args, { allowFailure = false, stdout = 2 } = {}) {
  process.stderr.write(`▸ ${title}\n`);
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', stdout, 2],
    shell: process.platform === 'win32',
  });
  if (status === 0) return true;
  if (allowFailure) return false;
  process.stderr.write(
    `[perfit] ${title} failed: ${error?.message ?? `${command} ${args.join(' ')} gave status ${status}`}. See the output above.\n`,
  );
  process.exit(1);
}

/** Installs the npm packages where they are missing or older than the lock file, builds, and gets the engine. */
export function prepare() {
  const installed = `${root}node_modules/.package-lock.json`;
  if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(`${root}package-lock.json`).mtimeMs) {
    step('install npm packages', 'npm', ['ci', '--no-fund', '--no-audit']);
  }
  process.env.NX_DAEMON ??= 'false';
  step('build', 'npx', ['nx', 'run-many', '-t', 'build', '--output-style=static']);
  if (
    !step('get the engine', process.execPath, ['packages/cli/bin/perfit.js', 'doctor', '--fix'], { allowFailure: true })
  ) {
    process.stderr.write('[perfit] the native engine could not be installed: going on with WebAssembly, slower.\n');
  }
}
