import { readFileSync } from 'node:fs';
import { parse as parseYaml } from 'yaml';
import { errors } from '../errors.js';
import { parseValue } from '../parse-configuration.js';
import { type CellSet, cellName, NAME } from './cell-name.js';
import { splitValues } from './split-values.js';

/** What a sweep varies, as the command line writes it. */
export interface SweepAxes {
  /** `key=v1,v2`, values in YAML. */
  readonly vary: readonly string[];
  /** A YAML file with a list of partial configurations, or of `{ name, set }`. */
  readonly list?: string | undefined;
}

/** A cell before it is validated. */
export interface CellDraft {
  readonly name: string;
  readonly set: CellSet;
}

/** What no cell changes: seeds have a place of their own, and plugins are loaded once. */
const REFUSED: Readonly<Record<string, string>> = {
  seed: 'Use --seeds 1,2,3',
  plugins: 'Name all plugins in the configuration',
};

/**
 * The cells of a sweep: the Cartesian product of what varies, then the list; `base` alone where nothing varies.
 *
 * @throws `invalid-cell` where two cells have one name, or a cell changes seeds or plugins
 */
export function draftCells({ vary, list }: SweepAxes): readonly CellDraft[] {
  const axes = vary.map(parseVary);
  const twice = axes.find(({ key }, index) => axes.findIndex((other) => other.key === key) !== index);
  if (twice) {
    throw errors.make('invalid-cell', {
      what: `--vary names ${twice.key} twice`,
      cure: `Write all its values after one --vary ${twice.key}=`,
    });
  }
  const grid = axes.reduce<readonly CellSet[]>(
    (sets, { key, values }) => sets.flatMap((set) => values.map((value) => ({ ...set, [key]: value }))),
    [{}],
  );
  const cells = [
    ...(axes.length > 0 ? grid.map((set) => ({ name: cellName(set), set })) : []),
    ...(list === undefined ? [] : readList(list)),
  ];
  const all = cells.length > 0 ? cells : [{ name: 'base', set: {} }];
  for (const [index, { name, set }] of all.entries()) {
    for (const key of Object.keys(set)) {
      const cure = REFUSED[key.split('.')[0]!];
      if (cure !== undefined) throw errors.make('invalid-cell', { what: `cell '${name}' changes ${key}`, cure });
    }
    // Cells are folders: some file systems do not tell capitals apart.
    const same = all.findIndex((other) => other.name.toLowerCase() === name.toLowerCase());
    if (same !== index) {
      throw errors.make('invalid-cell', {
        what: `two cells are named '${name}': ${JSON.stringify(all[same]!.set)} and ${JSON.stringify(set)}`,
        cure: 'Give them names of their own with --list',
      });
    }
  }
  return all;
}

/** Parses `importance=first,{name: mixed}` to a key and its values. */
export function parseVary(word: string): { readonly key: string; readonly values: readonly unknown[] } {
  const equals = word.indexOf('=');
  const texts = splitValues(word.slice(equals + 1));
  if (equals < 1 || texts.includes('')) {
    throw errors.make('invalid-cell', {
      what: `--vary ${word} has no key=value,value form`,
      cure: 'Write --vary importance=first,second',
    });
  }
  return { key: word.slice(0, equals), values: texts.map((text) => parseValue(text, `--vary ${word}`)) };
}

function readList(path: string): readonly CellDraft[] {
  const wrong = (what: string, cause?: unknown) =>
    errors.make('invalid-list', {
      what: `${path} ${what}`,
      cure: 'Write a list of `{name: NAME, set: {key: value}}`, or of `{key: value}`',
      cause,
    });
  let entries: unknown;
  try {
    entries = parseYaml(readFileSync(path, 'utf8'), { merge: true });
  } catch (cause) {
    throw wrong(`cannot be read: ${String((cause as Error).message).split('\n')[0]}`, cause);
  }
  if (!Array.isArray(entries) || entries.length === 0) throw wrong('holds no list');
  return entries.map((entry: unknown, index) => {
    const which = `has as entry ${index + 1} ${JSON.stringify(entry)}`;
    if (!isMapping(entry)) throw wrong(which);
    if (!('set' in entry) && !('name' in entry)) return { name: cellName(entry), set: entry };
    const { name, set = {}, ...others } = entry;
    if (!isMapping(set) || Object.keys(others).length > 0) throw wrong(which);
    if (name !== undefined && (typeof name !== 'string' || !NAME.test(name)))
      throw wrong(`${which}: a name has letters, digits, dots, dashes and underscores`);
    return { name: name ?? cellName(set), set };
  });
}

const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
