import { existsSync, readFileSync, statSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createJiti } from 'jiti';
import { errors } from '../errors.js';

const INDEX_FILES = ['index.ts', 'index.mts', 'index.js', 'index.mjs'];

/**
 * The file behind a plugin's reference. A path (`./x.ts`, `../x`, `/x.js`, `file:…`) starts at `baseDirectory` and may be
 * a package's folder; anything else is a package's name, looked for from `baseDirectory`, then from this package.
 *
 * @throws `runtime/plugin-not-found`.
 */
export function resolvePlugin(reference: string, baseDirectory: string): string {
  const isPath = /^(\.{1,2}([\\/]|$)|file:)/.test(reference) || isAbsolute(reference);
  return isPath ? fileAt(reference, baseDirectory) : fileOfPackage(reference, baseDirectory);
}

function fileAt(reference: string, baseDirectory: string): string {
  const path = reference.startsWith('file:') ? fileURLToPath(reference) : resolve(baseDirectory, reference);
  if (!existsSync(path))
    throw errors.make('plugin-not-found', {
      what: `there is no plugin at ${path}`,
      cure: `Paths start at ${resolve(baseDirectory)}: correct ${reference}`,
    });
  return statSync(path).isDirectory() ? entryOf(path) : path;
}

/** What a package's folder exports. */
function entryOf(folder: string): string {
  const manifest = join(folder, 'package.json');
  const found = existsSync(manifest) ? entryOfManifest(manifest) : undefined;
  const entry = found ?? INDEX_FILES.map((name) => join(folder, name)).find(existsSync);
  if (entry !== undefined) return entry;
  throw errors.make('plugin-not-found', {
    what: `nothing that ${folder} exports exists`,
    cure: 'Build it (npm run build), or correct the exports of its package.json',
  });
}

function entryOfManifest(manifest: string): string | undefined {
  const { name, main } = JSON.parse(readFileSync(manifest, 'utf8')) as { name?: string; main?: string };
  // A package may import itself by name: so its own `exports` decide.
  const entry = (typeof name === 'string' && resolveFrom(manifest, name)) || undefined;
  if (entry !== undefined) return entry;
  const path = typeof main === 'string' ? resolve(manifest, '..', main) : undefined;
  return path !== undefined && existsSync(path) && statSync(path).isFile() ? path : undefined;
}

function fileOfPackage(name: string, baseDirectory: string): string {
  const file =
    resolveFrom(join(resolve(baseDirectory), '_'), name) ?? resolveFrom(fileURLToPath(import.meta.url), name);
  if (file !== undefined) return file;
  throw errors.make('plugin-not-found', {
    what: `no package ${name} is installed for ${resolve(baseDirectory)}, nor beside perfit`,
    cure: existsSync(resolve(baseDirectory, name)) ? `Write ./${name} for the file` : `Install it: npm install ${name}`,
  });
}

/** Resolves a package's name as `import` in the file `from` would. */
function resolveFrom(from: string, name: string): string | undefined {
  const url = createJiti(from, { fsCache: false }).esmResolve(name, { try: true });
  return url?.startsWith('file:') ? fileURLToPath(url) : undefined;
}
