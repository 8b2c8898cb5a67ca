import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheDirectory } from '@perfit/tensorflow';
import { errors } from './errors.js';
import { knownModels, type PulledModel } from './known-models.js';

const packageRoot = fileURLToPath(new URL('..', import.meta.url));

/** Where a pulled model lies, or would lie. */
export function pulledPath(name: string, { file }: PulledModel): string {
  return join(cacheDirectory(), 'models', name, file);
}

/**
 * The path of a model: a known name (`tiny`, `smollm2-135m`), or a directory or `.gguf` file as it is. A
 * known name goes first: a directory called `tiny` is `./tiny`.
 *
 * @throws `not-pulled`, `unknown-model`
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
  throw errors.make('unknown-model', {
    what: `"${nameOrPath}" is neither a path nor a known model`,
    cure: `Give a directory, a .gguf file, or one of: ${Object.keys(knownModels).join(', ')}`,
  });
}
