import type { Row } from './contract.js';

/** What is wrong with a row, and what cures it. */
export interface RowDefect {
  readonly what: string;
  readonly cure: string;
}

/** Field names in the order in which they are looked for: Alpaca's first, then Dolly's. */
const NAMES = {
  instruction: ['instruction'],
  input: ['input', 'context'],
  output: ['output', 'response'],
  client: ['client'],
  task: ['task'],
  category: ['category'],
} as const;
type Field = keyof typeof NAMES;

const kindOf = (value: unknown) => (value === null ? 'null' : Array.isArray(value) ? 'an array' : `a ${typeof value}`);

/**
 * Reads one JSON value as a {@link Row}. Alpaca's names (`instruction`, `input`, `output`) come before Dolly's
 * (`context`, `response`); `client`, `task` and `category` may be numbers; `null` and `""` mean absent; other fields
 * are ignored. Texts are kept as they are, blanks included.
 */
export function parseRow(value: unknown): Row | RowDefect {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { what: `expected an object, got ${kindOf(value)}`, cure: 'Write one JSON object a line' };
  const fields: Partial<Record<Field, string>> = {};
  for (const field of Object.keys(NAMES) as Field[]) {
    const name = NAMES[field].find((candidate) => (value as Record<string, unknown>)[candidate] != null);
    if (name === undefined) continue;
    const content = (value as Record<string, unknown>)[name];
    const isLabel = field === 'client' || field === 'task' || field === 'category';
    if (typeof content !== 'string' && !(isLabel && Number.isFinite(content)))
      return { what: `"${name}" is ${kindOf(content)}`, cure: `Make it a string${isLabel ? ' or a number' : ''}` };
    if (content !== '') fields[field] = String(content);
  }
  const { instruction = '', output = '', ...rest } = fields;
  if (instruction === '' && rest.input === undefined)
    return { what: 'neither "instruction" nor "input" asks anything', cure: 'Give the row an "instruction"' };
  if (output.trim() === '')
    return {
      what: fields.output === undefined ? '"output" is missing or empty' : '"output" holds nothing but blanks',
      cure: 'Give the row an "output" (Alpaca) or a "response" (Dolly)',
    };
  return { instruction, output, ...rest };
}
