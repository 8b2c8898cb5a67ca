import { z } from 'zod';

/** A strategy in the configuration: its name, or its name with options. */
const strategyReference = z.union([z.string().min(1), z.looseObject({ name: z.string().min(1) })]);

const count = z.int().min(1);

const rateObject = z.strictObject({
  peak: z.number().positive().describe('The highest rate.'),
  schedule: z.enum(['constant', 'cosine']).default('constant').describe('How it goes on after the warm-up.'),
  warmup: z.int().min(0).default(0).describe('Steps over which the rate rises to its peak.'),
  floor: z.number().min(0).default(0).describe('The lowest rate of a cosine.'),
});

/** Learning rate: a constant, or a schedule that spans the run. */
const learningRate = z.union([z.number().positive(), rateObject]);

const SEARCH_DEFAULTS = {
  every: 0,
  iterations: 4,
  stepsBetween: 1,
  statistics: 'steps',
  scope: 'client',
  allowVanishing: false,
} as const;

/** What is told as a setting's default, and filled in by {@link searchOf} once the method's preset is known. */
const byDefault = <Setting extends z.ZodType>(key: keyof typeof SEARCH_DEFAULTS, setting: Setting) =>
  setting.meta({ default: SEARCH_DEFAULTS[key] });

const search = z.strictObject({
  every: byDefault('every', z.int().min(0)).describe('Rounds between searches; 0: only at the first participation.'),
  iterations: byDefault('iterations', count).describe('Times that a search trains, scores and prunes.'),
  stepsBetween: byDefault('stepsBetween', count).describe('Training steps before each scoring.'),
  statistics: byDefault('statistics', z.enum(['steps', 'separate'])).describe(
    'separate: own backward passes, counted as steps.',
  ),
  scope: byDefault('scope', z.enum(['client', 'federation'])).describe(
    'federation: one common architecture, by scores averaged over the clients.',
  ),
  allowVanishing: byDefault('allowVanishing', z.boolean()).describe('Go on although all scores of a factor are 0.'),
});

/** Keys that name strategies; what is absent comes from the method's preset. */
const strategyKeys = {
  expansion: z.number().min(1).optional().describe('e: the search starts from rank e · r.'),
  initialization: strategyReference.optional(),
  importance: strategyReference.optional(),
  schedule: strategyReference.optional(),
  granularity: strategyReference.optional(),
  search: search.partial().optional().describe('The search of an architecture.'),
  budget: strategyReference.optional().describe('How much of its expanded space each client may keep.'),
  trainable: strategyReference.optional().describe('Positions that train.'),
  travel: strategyReference.optional().describe('Positions that clients send and take over.'),
  localUpdate: strategyReference.optional(),
  personalization: strategyReference.optional().describe('A second adapter of each client, and how both compose.'),
  aggregator: strategyReference.optional(),
  serverRule: strategyReference.optional().describe('The optimiser that the server takes the mean as a gradient for.'),
  adoption: strategyReference.optional(),
  codec: strategyReference.optional().describe('How values are written on their way.'),
};

const methodEntry = z.union([
  z.string().min(1),
  z.strictObject({
    name: z
      .string()
      .regex(/^[a-z0-9][a-z0-9._-]*$/i, 'letters, digits, dots, dashes and underscores')
      .describe('The folder and the row in tables.'),
    method: z.string().min(1).optional().describe('The method that it is. Default: its name.'),
    rank: count.optional().describe('Its own r.'),
    learningRate: learningRate.optional().describe('Its own.'),
    ...strategyKeys,
  }),
]);

/** A file that may be named by its path alone; what is recorded of a run names its content too. */
const file = (what: string, content: string) => ({
  path: z.string().min(1).describe(`What \`${what}\` would be as text.`),
  sha256: z.string().length(64).optional().describe(`Digest of the ${content}; others are refused.`),
});

const modelObject = z.strictObject(file('model', 'weights'));
const dataObject = z.strictObject({
  ...file('data', 'rows'),
  trainRows: count.optional().describe('Rows to train and validate on, of each client: the first ones.'),
  testRows: count.optional().describe('Test rows of each client: the first ones.'),
  shuffle: z
    .boolean()
    .optional()
    .describe('Shuffles the training rows by the seed before they are dealt out: files often hold runs of one label.'),
});
const validation = z.strictObject({
  share: z.number().min(0).lt(1).default(0.2).describe('Of each client’s rows, the last ones.'),
  scored: z.boolean().default(false).describe('Score on them in place of the test rows: to choose a learning rate.'),
});

const evaluation = z.strictObject({
  every: z
    .int()
    .min(0)
    .default(1)
    .describe('Rounds between evaluations; 0: after the last round only, which always is.'),
  global: z
    .boolean()
    .default(true)
    .describe(
      'Score the global module too, where there is one: as much as the personal adapters where those differ from it.',
    ),
  localSteps: z
    .boolean()
    .default(true)
    .describe(
      'Score too what the next local steps make of an adapter; after the last round they are taken for this alone, unless the method keeps them.',
    ),
});

/** Keys of the nested objects, by the key that holds them: for naming the nearest valid one. */
export const nestedKeys: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  Object.entries({
    search,
    data: dataObject,
    model: modelObject,
    learningRate: rateObject,
    validation,
    evaluation,
  }).map(([key, object]) => [key, Object.keys(object.shape)]),
);

/**
 * The configuration of a run: flat keys. Units: `rounds`, `steps` (optimiser steps of one client in one round),
 * `batchSize` (examples), `maxTokens` (prompt and response of one example).
 */
export const configurationSchema = z.strictObject({
  model: z
    .union([z.string().min(1), modelObject])
    .default('tiny')
    .describe(
      'A directory as Hugging Face lays it out, a `.gguf` file, a known name (`tiny`, `smollm2-135m`), or what was pulled from the hub (`OWNER/NAME[@REVISION][:FILE.gguf]`).',
    ),
  data: z
    .union([z.string().min(1), dataObject])
    .default('embedded')
    .describe(
      'A directory with `train.jsonl`, `test.jsonl` and, if there is one, `validation.jsonl`; one JSONL file, which is split per client by the seed; or `embedded`.',
    ),
  seed: z.int().default(1).describe('Everything random derives from it.'),
  rounds: count.default(5).describe('Rounds of the federation.'),
  steps: count.default(12).describe('Optimiser steps of one client in one round; those of a search are among them.'),
  batchSize: count.max(4096).default(8).describe('Examples of a step.'),
  maxTokens: z
    .int()
    .min(2)
    .default(160)
    .describe('Longest example in tokens, prompt and response; longer ones are cut.'),
  learningRate: learningRate.default(3e-3).describe('Of AdamW: a number, or a schedule that spans the run.'),
  rank: count.max(4096).default(8).describe('r, the rank of plain LoRA: the budget of a client is what it has.'),
  alpha: z
    .number()
    .positive()
    .default(16)
    .describe('α: an adapter adds α / r · BA to its frozen weight, r the `rank` of the configuration.'),
  targets: z
    .array(z.string().min(1))
    .min(1)
    .default(['q', 'k', 'v', 'o'])
    .describe(
      'Projections that are adapted: `q`, `k`, `v`, `o`, `gate`, `up`, `down`, or patterns such as `layers.1[5-9].*q_proj`.',
    ),
  ...strategyKeys,
  sampler: strategyReference.default('fraction'),
  partitioner: strategyReference.default({ name: 'field', field: 'client' }),
  clients: z
    .record(
      z.string(),
      z.strictObject({
        rank: count.optional(),
        expansion: z.number().min(1).optional(),
        attack: strategyReference.optional().describe('What this client sends in place of what it learned.'),
      }),
    )
    .default({})
    .describe('Rank and expansion of clients that differ from the rest, by client.'),
  validation: validation
    .default({ share: 0.2, scored: false })
    .describe('What of a client’s rows is held out to validate on.'),
  evaluation: evaluation
    .default({ every: 1, global: true, localSteps: true })
    .describe('Which rounds and moments are scored; training does not depend on it.'),
  methods: z
    .array(methodEntry)
    .min(1)
    .default(['untuned', 'local-only', 'fedit', 'fedit-local', 'perfit', 'perfit-validated'])
    .describe('The methods to run, one after the other: names, or entries with keys of their own.'),
  algorithm: z.string().min(1).optional().describe('One method by name, in place of methods.'),
  plugins: z
    .array(z.string().min(1))
    .default([])
    .describe('Modules with strategies of your own: packages, or paths from the configuration file.'),
  dtype: z.enum(['f32', 'bf16']).default('f32').describe('Of the frozen weights; `bf16` on the native engine only.'),
  clientsAtOnce: count
    .default(1)
    .describe(
      'Clients whose local steps share passes over the frozen model, each with its own adapter on its own rows: faster where batches are small, with the memory of one large batch; figures are those of 1 up to rounding.',
    ),
  activationCheckpointing: z
    .boolean()
    .default(false)
    .describe('Layers keep just their inputs for the backward: less memory, about a third more time, the same bits.'),
  hiddenStateCache: z
    .number()
    .min(0)
    .default(4)
    .describe(
      'Gigabytes on disk, per user, for hidden states below the lowest adapted layer, which never change; 0: none.',
    ),
});

/** Settings that decide what a run costs and no bit of what comes out of it: whoever goes on with a run may change them. */
const COST_SETTINGS = ['activationCheckpointing', 'hiddenStateCache'];

/** A configuration, resolved or not, without them. */
export function withoutCostSettings(configuration: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(configuration).filter(([key]) => !COST_SETTINGS.includes(key)));
}

/** A validated configuration. */
export type Configuration = z.output<typeof configurationSchema>;

/** One entry of `methods`, as an object. */
export type MethodEntry = Exclude<Configuration['methods'][number], string>;

/** A strategy's name and options. */
export type StrategyReference = z.output<typeof strategyReference>;

/** The search part of a configuration. */
export type SearchConfiguration = z.output<typeof search>;

/** A search by the settings that are given, the later ones before the earlier, and the defaults. */
export const searchOf = (...given: readonly unknown[]): SearchConfiguration =>
  search.parse(Object.assign({}, SEARCH_DEFAULTS, ...given));

/** The JSON schema of the configuration file, for editors. */
export function configurationJsonSchema(): unknown {
  return { title: 'PerFIT configuration', ...z.toJSONSchema(configurationSchema, { io: 'input' }) };
}
