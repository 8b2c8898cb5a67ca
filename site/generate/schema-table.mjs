import { code, prose, table } from './markdown.mjs';

const LARGEST = Number.MAX_SAFE_INTEGER;

/** What a value may be, in words: `number`, `whole number`, `A or B`, `list of …`. */
export function typeOf(schema) {
  if (schema.enum) return schema.enum.map((value) => code(value)).join(', ');
  if (schema.const !== undefined) return code(schema.const);
  if (schema.anyOf) return [...new Set(schema.anyOf.map(typeOf))].join(' or ');
  if (Array.isArray(schema.type)) return schema.type.map((type) => typeOf({ ...schema, type })).join(' or ');
  if (schema.type === 'array') return `list of ${typeOf(schema.items ?? {})}`;
  if (schema.type === 'integer') return 'whole number';
  if (schema.type === 'string') return 'text';
  if (schema.type === 'boolean') return '`true`, `false`';
  if (schema.type === 'object') {
    const keys = Object.keys(schema.properties ?? {});
    return keys.length > 0 ? `object of ${keys.map((key) => code(key)).join(', ')}` : 'object';
  }
  return schema.type ?? 'any';
}

/** The bounds of a number or of a list's length; an empty text where there are none. */
export function rangeOf(schema) {
  const branches = schema.anyOf ?? [schema];
  return branches.map(bounds).filter(Boolean).join(' or ');
}

function bounds({ minimum, maximum, exclusiveMinimum, exclusiveMaximum, minItems, minLength, type, pattern }) {
  const parts = [
    exclusiveMinimum !== undefined ? `> ${exclusiveMinimum}` : minimum > -LARGEST ? `≥ ${minimum}` : '',
    exclusiveMaximum !== undefined ? `< ${exclusiveMaximum}` : maximum < LARGEST ? `≤ ${maximum}` : '',
    minItems > 0 ? `${minItems} or more` : '',
    type === 'string' && minLength > 1 ? `${minLength} characters` : '',
    pattern ? `matches ${code(pattern)}` : '',
  ];
  return parts.filter(Boolean).join(', ');
}

/** A default as YAML's flow form writes it. */
export const defaultOf = ({ default: value }) => (value === undefined ? '–' : code(flow(value)));

/** A value in YAML's flow form, on one line. */
function flow(value) {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(([key, each]) => `${key}: ${flow(each)}`);
    return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
  }
  return String(value);
}

/** A table of an object schema's properties; `describe(key, schema)` gives what a key is. */
export function propertyTable(schema, describe, head = 'option', typeName = (_key, property) => typeOf(property)) {
  const required = new Set(schema.required ?? []);
  const rows = Object.entries(schema.properties ?? {}).map(([key, property]) => [
    code(key),
    typeName(key, property),
    required.has(key) ? 'required' : defaultOf(property),
    rangeOf(property) || '–',
    describe(key, property) || '–',
  ]);
  return table([head, 'type', 'default', 'range', 'description'], rows);
}

/** A TSDoc sentence without the default that stands in a column of its own. */
export function withoutDefault(text, schema) {
  if (schema.default === undefined) return prose(text);
  const said = new RegExp(
    `\\s*Default \`?${String(flow(schema.default)).replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}\`?\\.$`,
  );
  return prose(text.replace(said, ''));
}
