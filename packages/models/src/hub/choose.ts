import { errors } from '../errors.js';
import type { HubFile } from './listing.js';
import { type HubReference, referenceName } from './reference.js';

type Listing = ReadonlyMap<string, HubFile>;

/** Without these nothing can be read; the template is there or not. */
const required = ['config.json', 'tokenizer.json', 'tokenizer_config.json'];
const optional = ['chat_template.jinja'];
const SINGLE = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';
/** Descriptions are read whole: none that is known comes near this. */
const LARGEST_DESCRIPTION = 2 ** 28;

const listed = (files: Listing) => {
  const models = [...files.keys()].filter((path) => path.endsWith('.gguf')).sort();
  const shown = models.slice(0, 12).join(', ') + (models.length > 12 ? `, and ${models.length - 12} more` : '');
  return models.length > 0 ? `Give --file with one of: ${shown}` : undefined;
};

/**
 * The GGUF file that a reference names.
 *
 * @throws `not-a-checkpoint`, `missing-file`, `unsupported-model`
 */
export function chooseGguf(files: Listing, reference: HubReference, path: string): HubFile {
  if (!path.endsWith('.gguf'))
    throw errors.make('not-a-checkpoint', {
      what: `${path} is no .gguf file`,
      cure: listed(files) ?? 'Leave --file out to pull the safetensors',
    });
  const found = files.get(path);
  if (!found)
    throw errors.make('missing-file', {
      what: `${reference.repository} has no ${path}`,
      cure: listed(files) ?? 'It has no GGUF file: leave --file out to pull the safetensors',
    });
  const [, parts] = /-\d{5}-of-(\d{5})\.gguf$/.exec(path) ?? [];
  if (Number(parts ?? 1) > 1)
    throw errors.make('unsupported-model', {
      what: `${path} is one of ${Number(parts)} parts`,
      cure: 'Take a file that is whole, or merge the parts with llama-gguf-split --merge',
    });
  return found;
}

/**
 * What describes a model: configuration, tokenizer and, where the weights are in shards, their index.
 *
 * @throws `missing-file`, `hub-malformed`
 */
export function chooseDescription(files: Listing, reference: HubReference): readonly HubFile[] {
  if (!files.has(SINGLE) && !files.has(INDEX))
    throw errors.make('missing-file', {
      what: `${reference.repository} has neither ${SINGLE} nor ${INDEX}`,
      cure: listed(files) ?? 'Take a repository with safetensors or GGUF files',
    });
  for (const name of required)
    if (!files.has(name))
      throw errors.make('missing-file', {
        what: `${referenceName(reference)} has no ${name}`,
        cure: listed(files) ?? 'Take a repository that holds configuration, tokenizer and weights',
      });
  const names = [...required, ...optional, ...(files.has(SINGLE) ? [] : [INDEX])];
  const chosen = names.flatMap((name) => files.get(name) ?? []);
  for (const { path, bytes } of chosen)
    if (bytes > LARGEST_DESCRIPTION)
      throw errors.make('hub-malformed', {
        what: `the hub lists ${path} of ${reference.repository} with ${bytes} bytes`,
        cure: 'Check that this is a language model',
      });
  return chosen;
}

/**
 * Where the weights are: one file, or the shards that the index names.
 *
 * @throws `missing-file`, `bad-config`
 */
export function chooseWeights(
  files: Listing,
  reference: HubReference,
  readShards: () => readonly string[],
): readonly HubFile[] {
  return (files.has(SINGLE) ? [SINGLE] : readShards()).map((name) => {
    const found = files.get(name);
    if (found) return found;
    throw errors.make('missing-file', {
      what: `${reference.repository} has no ${name}, which its ${INDEX} names`,
      cure: 'Take another revision',
    });
  });
}
