import { kindOfKey, strategyPath } from './kinds.mjs';
import { code, page, prose, table, WIDE } from './markdown.mjs';
import { defaultOf, propertyTable, rangeOf, typeOf } from './schema-table.mjs';

/** What the keys are, where the schema does not say it. */
const KEYS = {
  model:
    'A directory as Hugging Face lays it out, a `.gguf` file, a known name (`tiny`, `smollm2-135m`), or what was pulled from the hub (`OWNER/NAME[@REVISION][:FILE.gguf]`).',
  data: 'A directory with `train.jsonl`, `test.jsonl` and, if there is one, `validation.jsonl`; one JSONL file, which is split per client by the seed; or `embedded`.',
  seed: 'Everything random derives from it.',
  rounds: 'Rounds of the federation.',
  steps: 'Optimiser steps of one client in one round; those of a search are among them.',
  batchSize: 'Examples of a step.',
  maxTokens: 'Longest example in tokens, prompt and response; longer ones are cut.',
  learningRate: 'Of AdamW: a number, or a schedule that spans the run.',
  rank: 'r, the rank of plain LoRA: the budget of a client is what it has.',
  alpha: 'α: an adapter adds α / r · BA to its frozen weight, r the `rank` of the configuration.',
  targets:
    'Projections that are adapted: `q`, `k`, `v`, `o`, `gate`, `up`, `down`, or patterns such as `layers.1[5-9].*q_proj`.',
  expansion: 'e: the search starts from rank e · r.',
  search: 'The search of an architecture.',
  clients: 'Rank and expansion of clients that differ from the rest, by client.',
  validation: 'What of a client’s rows is held out to validate on.',
  dtype: 'Of the frozen weights; `bf16` on the native engine only.',
  methods: 'The methods to run, one after the other: names, or entries with keys of their own.',
};

/** The same for keys inside of keys. */
const INNER = {
  'search.iterations': 'Times that a search trains, scores and prunes.',
  'search.stepsBetween': 'Training steps before each scoring.',
  'learningRate.peak': 'The highest rate.',
  'learningRate.schedule': 'How it goes on after the warm-up.',
  'learningRate.warmup': 'Steps over which the rate rises to its peak.',
  'learningRate.floor': 'The lowest rate of a cosine.',
  'data.path': 'What `data` would be as text.',
  'data.sha256': 'Digest over the rows; others are refused.',
  'data.trainRows': 'Rows to train and validate on, of each client: the first ones.',
  'data.testRows': 'Test rows of each client: the first ones.',
  'data.shuffle':
    'Shuffles the training rows by the seed before they are dealt out: files often hold runs of one label.',
  'model.path': 'What `model` would be as text.',
  'methods.name': 'The folder and the row in tables.',
  'methods.method': 'The method that it is. Default: its name.',
  'model.sha256': 'Digest of the weights; others are refused.',
};

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
      KEYS[key] ?? '',
      propertyTable(inner(property), (name, of) => INNER[`${key}.${name}`] ?? describeKey(name, of), 'key', typeName),
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
  const text = property.description ? prose(property.description) : (KEYS[key] ?? '');
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
