import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheDirectory } from '@perfit/tensorflow';
import { errors } from './errors.js';
import { pulledSnapshot } from './hub/cache.js';
import { parseReference, referenceName } from './hub/reference.js';
import { knownModels, type PulledModel } from './known-models.js';

const packageRoot = fileURLToPath(new URL('..', import.meta.url));

/** Where a pulled model lies, or would lie. */
export function pulledPath(name: string, { file }: PulledModel): string {
  return join(cacheDirectory(), 'models', name, file);
}

/**
 * The path of a model: a known name (`tiny`, `smollm2-135m`), a directory or `.gguf` file as it is, or what was pulled
 * from the hub as `OWNER/NAME[@REVISION][:FILE.gguf]`, at the commit that the revision was when it was pulled. They go
 * in this order: a directory called `tiny` is `./tiny`.
 *
 * @throws `not-pulled`, `ambiguous-model`, `unknown-model`
 * @example
 * const checkpoint = await openCheckpoint(await resolveModel('tiny'));
 */
export async function resolveModel(nameOrPath: string): Promise<string> {
  const known = Object.hasOwn(knownModels, nameOrPath) ? knownModels[nameOrPath] : undefined;
  if (known?.kind === 'bundled') return join(packageRoot, known.directory);
  if (known) {
    const path = pulledPath(nameOrPath, known);
    if (existsSync(path)) return path;
    throw errors.make('not-pulled', {
      what: `the model "${nameOrPath}" is not in ${join(cacheDirectory(), 'models')}`,
      cure: `Run \`perfit pull ${nameOrPath}\``,
    });
  }
  if (existsSync(nameOrPath)) return nameOrPath;
  const reference = parseReference(nameOrPath);
  if (reference) {
    const path = pulledSnapshot(reference);
    if (path) return path;
    throw errors.make('not-pulled', {
      what: `"${nameOrPath}" is neither a path nor a model in ${join(cacheDirectory(), 'hub')}`,
      cure: `Check the path, or run \`perfit pull ${referenceName(reference)}\``,
    });
  }
  throw errors.make('unknown-model', {
    what: `"${nameOrPath}" is neither a path nor a known model`,
    cure: `Give a directory, a .gguf file, OWNER/NAME of a model of the hub, or one of: ${Object.keys(knownModels).join(', ')}`,
  });
}
