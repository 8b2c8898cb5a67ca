import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nativeSource, TENSORFLOW_VERSION, type Wheels } from '../engine-sources.js';
import { errors } from '../errors.js';
import { type Outcome, run, tail } from './command.js';
import type { OnProgress } from './progress.js';
import type { Tool } from './toolchain.js';

/** Interpreters to ask for where TensorFlow has no wheel for the user's own: the libraries inside are the same. */
const OTHER_PYTHONS = ['3.12', '3.11', '3.13', '3.10'];

/** What of TensorFlow's wheel is kept, and what is only compiled against. */
const MEMBERS = ['tensorflow/libtensorflow_framework.so.2', 'tensorflow/libtensorflow_cc.so.2'];
const HEADERS = [
  ...['tensorflow/c/', 'tensorflow/core/platform/ctstring', 'tsl/platform/', 'xla/tsl/c/'],
  'tensorflow/core/common_runtime/next_pluggable_device/c/',
];

/**
 * Downloads TensorFlow's wheel with pip, which checks it against the sha256 that is pinned here, and returns its path.
 * A wheel that is already in the directory, whole, is not downloaded again; a partial one is (pip starts it anew).
 *
 * @throws `tensorflow/no-wheel`, `tensorflow/bad-checksum`, `tensorflow/download-failed`
 */
export async function downloadWheel(
  python: Tool,
  wheels: Wheels,
  directory: string,
  onProgress: OnProgress,
): Promise<string> {
  const temporary = join(directory, 'partial');
  rmSync(temporary, { recursive: true, force: true });
  mkdirSync(temporary, { recursive: true });
  const requirements = join(directory, `${wheels.package}.txt`);
  const hashes = wheels.sha256.map((sum) => `--hash=sha256:${sum}`).join(' ');
  writeFileSync(requirements, `${wheels.package}==${TENSORFLOW_VERSION} ${hashes}\n`);
  const download = (flags: readonly string[]) =>
    run(
      python.path,
      [
        ...['-m', 'pip', 'download', '--no-deps', '--only-binary=:all:', '--disable-pip-version-check'],
        ...['--no-cache-dir', '--progress-bar=off', '--require-hashes', '--dest', directory, '--requirement'],
        ...[requirements, ...flags],
      ],
      // The free space was checked in the cache, so pip works there too and not in a small /tmp.
      { env: { TMPDIR: temporary } },
    );

  const name = `${wheels.package} ${TENSORFLOW_VERSION}`;
  const watch = setInterval(() => {
    const megabytes = sizeOfDirectory(temporary) / 1e6;
    onProgress({ step: 'download', message: `downloading ${name}: ${megabytes.toFixed(0)} MB` });
  }, 1000);
  try {
    onProgress({ step: 'download', message: `downloading ${name} with pip` });
    let outcome = await download([]);
    for (const version of OTHER_PYTHONS)
      if (outcome.status !== 0 && isMissing(outcome)) outcome = await download(['--python-version', version]);
    if (outcome.status !== 0) throw explain(outcome, name);
  } finally {
    clearInterval(watch);
    rmSync(temporary, { recursive: true, force: true });
  }
  const prefix = `${wheels.package.replaceAll('-', '_')}-${TENSORFLOW_VERSION}-`;
  return join(directory, readdirSync(directory).find((file) => file.startsWith(prefix) && file.endsWith('.whl'))!);
}

/** Takes the libraries and headers out of a wheel, each checked against the wheel's own record. */
export async function unpackWheel(python: Tool, wheel: string, directory: string): Promise<void> {
  const headers = HEADERS.map((header) => `tensorflow/include/${header}`);
  const { status, output } = await run(python.path, [
    nativeSource('unpack.py'),
    ...['wheel', wheel, directory, ...MEMBERS, ...headers],
  ]);
  if (status === 0) return;
  // A wheel that cannot be unpacked must not be found again by the next attempt.
  rmSync(wheel, { force: true });
  throw errors.make('bad-checksum', { what: `${wheel} cannot be unpacked: ${tail(output)}`, cure: 'Install again' });
}

/** Installs what an extra of the wheel requires (CUDA's libraries) beside TensorFlow. */
export async function installExtra(python: Tool, wheel: string, extra: string, directory: string): Promise<void> {
  const { stdout } = await run(python.path, [nativeSource('unpack.py'), 'requires', wheel, extra]);
  const outcome = await run(python.path, [
    ...['-m', 'pip', 'install', '--no-deps', '--only-binary=:all:', '--disable-pip-version-check'],
    ...['--no-cache-dir', '--progress-bar=off', '--target', directory, ...stdout.trim().split('\n')],
  ]);
  if (outcome.status !== 0) throw explain(outcome, `TensorFlow's extra ${extra}`);
}

const isMissing = ({ output }: Outcome) => /No matching distribution|Could not find a version/i.test(output);
const isUnreachable = ({ output }: Outcome) =>
  /NewConnectionError|ConnectTimeout|Max retries|ProxyError|SSLError|ReadTimeout|HTTP error|name resolution/i.test(
    output,
  );

function explain(outcome: Outcome, name: string): Error {
  const said = tail(outcome.output, 3);
  if (/HASHES|do not match the hashes/i.test(outcome.output))
    return errors.make('bad-checksum', {
      what: `${name} differs from what was published: ${said}`,
      cure: "Check the package index that pip is configured for ('pip config list')",
    });
  if (/No space left/i.test(outcome.output))
    return errors.make('no-space', { what: `pip ran out of disk space: ${said}`, cure: 'Free disk space' });
  if (isMissing(outcome) && !isUnreachable(outcome))
    return errors.make('no-wheel', {
      what: `pip found no ${name} for this platform: ${said}`,
      cure: "Check the package index that pip is configured for ('pip config list'), or use the WebAssembly engine",
    });
  return errors.make('download-failed', {
    what: `pip could not download ${name}: ${said}`,
    cure: "Check the network, or name a mirror with 'pip config set global.index-url URL', and install again",
  });
}

function sizeOfDirectory(directory: string): number {
  try {
    return readdirSync(directory, { recursive: true, withFileTypes: true }).reduce(
      (sum, entry) => sum + (entry.isFile() ? statSync(join(entry.parentPath, entry.name)).size : 0),
      0,
    );
  } catch {
    // pip is moving files about.
    return 0;
  }
}
