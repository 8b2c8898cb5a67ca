import { readFileSync } from 'node:fs';
import { closest } from 'fastest-levenshtein';
import { parse as parseYaml } from 'yaml';
import type { z } from 'zod';
import { type Configuration, configurationSchema, nestedKeys } from './configuration.js';
import { errors } from './errors.js';

/** Reads and validates a YAML configuration file; `null`: the embedded default. `overrides` are `key=value`, value in YAML. */
export function readConfiguration(path: string | null, overrides: readonly string[] = []): Configuration {
  return validateConfiguration(readRaw(path, overrides), path ?? 'the configuration');
}

/** A configuration that is read and not yet validated. */
export type RawConfiguration = Record<string, unknown>;

/** Reads a YAML configuration file (`null`: an empty one) and sets `overrides`; validates nothing. */
export function readRaw(path: string | null, overrides: readonly string[] = []): RawConfiguration {
  const raw = path === null ? {} : parseFile(path);
  for (const override of overrides) applyOverride(raw, override);
  return raw;
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
function applyOverride(raw: RawConfiguration, override: string): void {
  const equals = override.indexOf('=');
  if (equals < 1) {
    throw errors.make('invalid-configuration', {
      what: `--set ${override} has no key=value form`,
      cure: 'Write --set rounds=3',
    });
  }
  setKey(raw, override.slice(0, equals), parseValue(override.slice(equals + 1), `--set ${override}`));
}

/** Parses a value as it is written on the command line: YAML. `where` names it in the error. */
export function parseValue(text: string, where: string): unknown {
  try {
    return parseYaml(text);
  } catch (cause) {
    throw errors.make('invalid-yaml', {
      what: `the value of ${where} is not YAML`,
      cure: 'Quote it for the shell',
      cause,
    });
  }
}

/** Sets the key `a.b.c` of a raw configuration; in a list `a.0.c`. What is on the way is copied, not altered. */
export function setKey(raw: RawConfiguration, key: string, value: unknown): void {
  const path = key.split('.');
  const last = path.pop()!;
  let target = raw;
  for (const step of path) {
    checkPlace(target, step, key);
    const next = target[step];
    if (Array.isArray(next)) target[step] = [...next];
    // A strategy given by its bare name becomes an object when an option of it is set.
    else if (typeof next === 'string') target[step] = { name: next };
    else target[step] = typeof next === 'object' && next !== null ? { ...next } : {};
    target = target[step] as RawConfiguration;
  }
  checkPlace(target, last, key);
  const before = target[last];
  // A path replaces a path only: --set data=DIR keeps the limits that the file sets beside it.
  const keepsRest = typeof value === 'string' && typeof before === 'object' && before !== null && 'path' in before;
  target[last] = keepsRest ? { ...before, path: value } : value;
}

function checkPlace(target: unknown, step: string, key: string): void {
  if (!Array.isArray(target) || (/^\d+$/.test(step) && Number(step) < target.length)) return;
  throw errors.make('invalid-configuration', {
    what: `${key} names place '${step}' of a list of ${target.length}`,
    cure: `Choose a place from 0 to ${target.length - 1}`,
  });
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
