import { kindOfKey, strategyPath } from './kinds.mjs';
import { code, page, prose, table, WIDE } from './markdown.mjs';
import { defaultOf, propertyTable, rangeOf, typeOf } from './schema-table.mjs';

/** Reference of the configuration file, from its JSON schema. */
export function configurationPage(schema) {
  const properties = Object.entries(schema.properties);
  const rows = properties.map(([key, property]) => {
    const kind = kindOf(key, property);
    return [
      !kind && inner(property) ? `[${code(key)}](#${key.toLowerCase()})` : code(key),
      typeName(key, property),
      defaultOf(property),
      kind ? '–' : rangeOf(property) || '–',
      describeKey(key, property),
    ];
  });
  const nested = properties.filter(([key, property]) => !kindOf(key, property) && inner(property));
  return page(
    WIDE,
    '# Configuration',
    'A YAML file of flat keys; every key may be left out. `--set key=value` changes one, its value in YAML; `--set search.iterations=6` reaches inside. For editors, the same as a [JSON schema](https://json-schema.org): `packages/runtime/configuration.schema.json`.',
    'A *strategy* is a name, or a name with options: `importance: first`, or `importance: { name: sensitivity, beta1: 0.9 }`. Without a default, a strategy key comes from the preset of each [method](/reference/methods/); what is set here replaces it in every method that uses the key.',
    table(['key', 'type', 'default', 'range', 'what it is'], rows),
    ...nested.flatMap(([key, property]) => [
      `## ${key}`,
      prose(property.description ?? ''),
      propertyTable(inner(property), describeKey, 'key', typeName),
    ]),
  );
}

/** Keys of the configuration that nothing describes. */
export const undescribed = (schema) =>
  Object.entries(schema.properties)
    .filter(([key, property]) => !describeKey(key, property))
    .map(([key]) => key);

function describeKey(key, property) {
  const kind = kindOf(key, property);
  const text = prose(property.description ?? '');
  return kind
    ? [text, `One of the [${kind.title.toLowerCase()}](${strategyPath(kind)}).`].filter(Boolean).join(' ')
    : text;
}

/** The object that a key may hold: itself, a branch of it, what its list or record holds. */
function inner(schema) {
  const candidates = [
    schema,
    ...(schema.anyOf ?? []),
    schema.items,
    ...(schema.items?.anyOf ?? []),
    schema.additionalProperties,
  ];
  return candidates.find((each) => each?.properties);
}

/** The kind that a key names a strategy of; `learningRate.schedule` has a strategy's name and is none. */
const kindOf = (key, { enum: values }) => (values ? undefined : kindOfKey(key));

function typeName(key, property) {
  if (kindOf(key, property)) return 'strategy';
  return key === 'methods' ? 'list of text or objects' : typeOf(property).replace(/object of .*/, 'object');
}
