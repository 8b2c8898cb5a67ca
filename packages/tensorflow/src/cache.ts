import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The TensorFlow that the engine is built on. */
export const TENSORFLOW_VERSION = '2.21.0';

/** The user's cache: `$PERFIT_CACHE`, or `perfit` under the XDG cache directory. */
export function cacheDirectory(env: Readonly<Record<string, string | undefined>> = process.env): string {
  return env.PERFIT_CACHE || join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'perfit');
}

/** Where the engine of this machine lies, or would lie. */
export function engineDirectory(): string {
  return join(cacheDirectory(), `tensorflow-${TENSORFLOW_VERSION}-${process.platform}-${process.arch}`);
}

/** The compiled binding, where it is installed. */
export function installedBinding(): string | undefined {
  const path = join(engineDirectory(), 'tfjs_binding.node');
  return existsSync(path) ? path : undefined;
}
