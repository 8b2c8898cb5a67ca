import { readFileSync } from 'node:fs';
import { closest } from 'fastest-levenshtein';
import { parse as parseYaml } from 'yaml';
import type { z } from 'zod';
import { type Configuration, configurationSchema, nestedKeys } from './configuration.js';
import { errors } from './errors.js';

/** Reads and validates a YAML configuration file; `null`: the embedded default. `overrides` are `key=value`, value in YAML. */
export function readConfiguration(path: string | null, overrides: readonly string[] = []): Configuration {
  const raw = path === null ? {} : parseFile(path);
  for (const override of overrides) applyOverride(raw, override);
  return validateConfiguration(raw, path ?? 'the configuration');
}

function parseFile(path: string): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw errors.make('missing-configuration', {
      what: `cannot read the configuration ${path}: ${(cause as NodeJS.ErrnoException).code ?? cause}`,
      cure: 'Check the path, or leave it out to run the embedded default',
      cause,
    });
  }
  return parseMapping(text, path);
}

function parseMapping(text: string, where: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = parseYaml(text, { merge: true });
  } catch (cause) {
    const [line] = String((cause as Error).message).split('\n');
    throw errors.make('invalid-yaml', { what: `${where} is not YAML: ${line}`, cure: 'Correct that line', cause });
  }
  if (value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw errors.make('invalid-yaml', {
      what: `${where} holds ${Array.isArray(value) ? 'a list' : typeof value}`,
      cure: 'Write `key: value` lines',
    });
  }
  return value as Record<string, unknown>;
}

/** Sets `a.b.c=value` in a raw configuration. */
function applyOverride(raw: Record<string, unknown>, override: string): void {
  const equals = override.indexOf('=');
  if (equals < 1) {
    throw errors.make('invalid-configuration', {
      what: `--set ${override} has no key=value form`,
      cure: 'Write --set rounds=3',
    });
  }
  const path = override.slice(0, equals).split('.');
  const last = path.pop()!;
  let target = raw;
  for (const key of path) {
    const next = target[key];
    // A strategy given by its bare name becomes an object when an option of it is set.
    target[key] =
      typeof next === 'string' ? { name: next } : typeof next === 'object' && next !== null ? { ...next } : {};
    target = target[key] as Record<string, unknown>;
  }
  try {
    const value: unknown = parseYaml(override.slice(equals + 1));
    const before = target[last];
    // A path replaces a path only: --set data=DIR keeps the limits that the file sets beside it.
    const keepsRest = typeof value === 'string' && typeof before === 'object' && before !== null && 'path' in before;
    target[last] = keepsRest ? { ...before, path: value } : value;
  } catch (cause) {
    throw errors.make('invalid-yaml', {
      what: `the value of --set ${override} is not YAML`,
      cure: 'Quote it for the shell',
      cause,
    });
  }
}

/** Validates a raw configuration; the first mistake is an error that names the key, the value and the cure. */
export function validateConfiguration(raw: unknown, where: string): Configuration {
  const result = configurationSchema.safeParse(raw);
  if (result.success) return result.data;
  throw explain(result.error, raw, where, Object.keys(configurationSchema.shape));
}

/** Turns a schema's complaint into one line. */
export function explain(error: z.ZodError, value: unknown, where: string, known: readonly string[]): Error {
  let issue = error.issues[0]!;
  // The branch of a union that got furthest tells most.
  while (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const branches = issue.errors.map((branch) => branch[0]!).filter(Boolean);
    const best = branches.reduce((a, b) =>
      b.path.length > a.path.length || (b.code === 'unrecognized_keys' && a.code === 'invalid_type') ? b : a,
    );
    issue = { ...best, path: [...issue.path, ...best.path] } as typeof issue;
  }
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0]!;
    const inside = issue.path.length > 0 ? ` under ${issue.path.join('.')}` : '';
    const parent = issue.path.findLast((part) => typeof part === 'string');
    const valid = issue.path.length === 0 ? known : (nestedKeys[String(parent)] ?? []);
    const cure = valid.length === 0 ? 'Remove it' : `Did you mean '${closest(key, [...valid])}'`;
    return errors.make('unknown-key', { what: `unknown key '${key}'${inside} in ${where}`, cure });
  }
  const at = issue.path.reduce<unknown>((v, key) => (v as Record<PropertyKey, unknown> | undefined)?.[key], value);
  const key = issue.path.join('.') || 'the whole';
  return errors.make('invalid-configuration', {
    what: `${key} in ${where} is ${JSON.stringify(at) ?? 'missing'}: ${issue.message}`,
    cure: `Correct ${key}`,
  });
}
