import { mkdirSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import type { Accelerator } from '../cache.js';
import { TENSORFLOW_VERSION, WHEELS, type Wheels } from '../engine-sources.js';
import { errors } from '../errors.js';

/**
 * The wheels for a platform.
 *
 * @throws `tensorflow/unsupported-platform`
 */
export function wheelsFor(
  accelerator: Accelerator,
  { platform, arch, glibc } = {
    platform: process.platform as string,
    arch: process.arch as string,
    glibc: glibcVersion(),
  },
): Wheels {
  const refuse = (what: string) =>
    errors.make('unsupported-platform', { what, cure: 'Use the WebAssembly engine, which runs everywhere' });
  const wheels = WHEELS[`${platform}-${arch}-${accelerator}`];
  if (!wheels) throw refuse(`there is no native engine for ${platform}-${arch} (${accelerator})`);
  const [major, minor] = (glibc ?? '0.0').split('.').map(Number);
  if (major < 2 || (major === 2 && minor < 27))
    throw refuse(`TensorFlow ${TENSORFLOW_VERSION} needs glibc 2.27 and this system has ${glibc ?? 'none'}`);
  return wheels;
}

function glibcVersion(): string | undefined {
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  return header.glibcVersionRuntime;
}

/**
 * Makes a directory of the cache.
 *
 * @throws `tensorflow/cache-unwritable`
 */
export function makeDirectory(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (cause) {
    throw errors.make('cache-unwritable', {
      what: `${path} cannot be made: ${(cause as Error).message}`,
      cure: 'Name a directory of your own in PERFIT_CACHE',
      cause,
    });
  }
}

/**
 * Refuses to start what cannot be finished.
 *
 * @throws `tensorflow/no-space`
 */
export async function requireSpace(cache: string, needed: number): Promise<void> {
  const { bavail, bsize } = await statfs(cache);
  const gigabytes = (bytes: number) => (bytes / 1e9).toFixed(1);
  if (bavail * bsize < needed)
    throw errors.make('no-space', {
      what: `${cache} has ${gigabytes(bavail * bsize)} GB free, the installation needs ${gigabytes(needed)} GB`,
      cure: 'Free disk space, or name another directory in PERFIT_CACHE',
    });
}
