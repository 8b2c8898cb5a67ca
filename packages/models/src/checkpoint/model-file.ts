import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { errors } from '../errors.js';

/** Text of a model's file, or undefined where it has none. */
export function readOptional(directory: string, name: string): string | undefined {
  const path = join(directory, name);
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

/**
 * JSON of a model's file.
 *
 * @throws `missing-file`, `bad-json`
 */
export function readJson(directory: string, name: string): unknown {
  const text = readOptional(directory, name);
  if (text === undefined)
    throw errors.make('missing-file', {
      what: `${directory} has no ${name}`,
      cure: `Put ${name} of the same model beside its weights`,
    });
  return parseJson(text, join(directory, name));
}

/**
 * Parses JSON that stood at `path`.
 *
 * @throws `bad-json`
 */
function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw errors.make('bad-json', {
      what: `${basename(path)} in ${dirname(path)} is not JSON`,
      cure: 'Get the file again',
      cause,
    });
  }
}
