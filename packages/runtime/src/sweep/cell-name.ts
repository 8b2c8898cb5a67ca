import { errors } from '../errors.js';

/** What a cell changes of the base configuration: values by dotted key. */
export type CellSet = Readonly<Record<string, unknown>>;

/** Longest name of a cell: it is the name of a folder. */
const LONGEST = 120;

/** What a user may call a cell. */
export const NAME = /^[a-z0-9][a-z0-9._+-]*$/i;

/**
 * A cell's name, made of what it changes, in the order of its keys: a strategy by its own name (and its options), any
 * other value behind its key. `{ importance: 'first', rank: 4 }` is `first_rank-4`; what changes nothing is `base`.
 */
export function cellName(set: CellSet): string {
  const name = Object.entries(set)
    .map(([key, value]) => wordOf(key.split('.').pop()!, value))
    .join('_');
  if (name === '') return 'base';
  if (name.length > LONGEST) {
    throw errors.make('invalid-cell', {
      what: `the cell ${name.slice(0, 40)}… would have a name of ${name.length} characters`,
      cure: 'Give it a name of its own with --list',
    });
  }
  return name;
}

function wordOf(key: string, value: unknown): string {
  if (typeof value === 'string') return plain(value) || key;
  if (typeof value === 'object' && value !== null && 'name' in value) {
    const { name, ...options } = value;
    return [plain(String(name)), ...optionWords(options)].join('-');
  }
  return [plain(key), ...valueWords(value)].join('-');
}

const optionWords = (options: object) =>
  Object.entries(options).map(([key, value]) => [plain(key), ...(value === true ? [] : valueWords(value))].join('-'));

function valueWords(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(valueWords);
  if (typeof value === 'object' && value !== null) return optionWords(value);
  return [plain(String(value)) || 'empty'];
}

/** Letters, digits and dots; `_` is kept for what separates the keys. */
const plain = (text: string) => text.replace(/[^a-z0-9.+-]+/gi, '-').replace(/^[-.]+|[-.]+$/g, '');
