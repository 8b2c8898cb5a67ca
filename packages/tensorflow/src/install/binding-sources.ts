import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { BINDING_PACKAGE, BINDING_SOURCES, nativeSource } from '../engine-sources.js';
import { errors } from '../errors.js';
import { run, tail } from './command.js';
import type { OnProgress } from './progress.js';
import type { Tool } from './toolchain.js';

/**
 * Finds the C++ sources of the binding: in an installed npm package where it has the right version, else in its
 * tarball, which `npm pack` fetches and checks and of which no script runs. Every source is checked against the
 * sha256 pinned here.
 *
 * @returns the package's directory, which holds `binding/`
 * @throws `tensorflow/download-failed`, `tensorflow/bad-checksum`
 */
export async function bindingSources(python: Tool, directory: string, onProgress: OnProgress): Promise<string> {
  const installed = installedPackage();
  if (installed && differing(installed).length === 0) return installed;

  const { name, version } = BINDING_PACKAGE;
  onProgress({ step: 'download', message: `fetching the sources of ${name} ${version} with npm` });
  const { status, output } = await run('npm', ['pack', `${name}@${version}`, '--ignore-scripts', '--silent'], {
    cwd: directory,
  });
  const tarball = readdirSync(directory).find((file) => file.endsWith('.tgz'));
  if (status !== 0 || !tarball)
    throw errors.make('download-failed', {
      what: `npm could not fetch ${name}@${version}: ${tail(output, 3)}`,
      cure: `Check the network and the npm registry, or run \`npm install --ignore-scripts ${name}@${version}\` beside`,
    });
  const sources = join(directory, 'package');
  const unpacked = await run(python.path, [
    nativeSource('unpack.py'),
    ...['tar', join(directory, tarball), directory, 'package/binding/'],
  ]);
  rmSync(join(directory, tarball));
  const wrong = unpacked.status === 0 ? differing(sources) : ['the tarball'];
  if (wrong.length > 0)
    throw errors.make('bad-checksum', {
      what: `${name}@${version} differs from what was published: ${wrong.join(', ')}`,
      cure: "Check the npm registry that is configured ('npm config get registry')",
    });
  return sources;
}

/** The directory of Node-API's headers. */
export function nodeHeaders(): string {
  const require = createRequire(import.meta.url);
  return (require('node-api-headers') as { include_dir: string }).include_dir;
}

function installedPackage(): string | undefined {
  try {
    return dirname(createRequire(import.meta.url).resolve(`${BINDING_PACKAGE.name}/package.json`));
  } catch {
    return undefined;
  }
}

/** Sources that are missing or altered. */
function differing(directory: string): string[] {
  return Object.entries(BINDING_SOURCES)
    .filter(([name, sum]) => {
      const path = join(directory, 'binding', name);
      return !existsSync(path) || createHash('sha256').update(readFileSync(path)).digest('hex') !== sum;
    })
    .map(([name]) => name);
}
