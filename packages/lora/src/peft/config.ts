import { z } from 'zod';
import type { Layout, Site } from '../contract.js';
import { errors } from '../errors.js';
import { slotsBySite } from '../layout.js';

const configSchema = z.looseObject({
  peft_type: z.string(),
  r: z.number().int().positive(),
  lora_alpha: z.number(),
  bias: z.string().default('none'),
  base_model_name_or_path: z.string().nullish(),
  rank_pattern: z.record(z.string(), z.number()).nullish(),
  alpha_pattern: z.record(z.string(), z.number()).nullish(),
  init_lora_weights: z.union([z.boolean(), z.string()]).nullish(),
});
type Config = z.output<typeof configSchema>;

/** What a plain LoRA leaves off; each changes the function or adds weights. */
const mustBeOff = [
  'use_dora',
  'use_rslora',
  'lora_bias',
  'fan_in_fan_out',
  'modules_to_save',
  'layer_replication',
  'trainable_token_indices',
  'target_parameters',
  'alora_invocation_tokens',
  'use_qalora',
  'use_bdlora',
  'kasa_config',
  'velora_config',
  'monteclora_config',
  'arrow_config',
] as const;

/** Starts that PEFT takes out of the frozen weights: such an adapter belongs to a base that is not the checkpoint. */
const alteringStarts = /^(pissa|olora|corda|loftq|lora_ga)/;

function isOff(value: unknown): boolean {
  return !value || (typeof value === 'object' && Object.keys(value).length === 0);
}

function checkPlain(path: string, config: Config): void {
  const refuse = (what: string, cure: string) => errors.make('unsupported-adapter', { what: `${path} ${what}`, cure });
  if (config.peft_type !== 'LORA') throw refuse(`is of type ${config.peft_type}`, 'Give a LoRA adapter');
  for (const field of mustBeOff)
    if (!isOff(config[field]))
      throw refuse(`has ${field} = ${JSON.stringify(config[field])}`, `Train the adapter without ${field}`);
  if (config.bias !== 'none') throw refuse(`has bias = ${config.bias}`, 'Train the adapter with bias "none"');
  if (typeof config.init_lora_weights === 'string' && alteringStarts.test(config.init_lora_weights))
    throw refuse(
      `starts from ${config.init_lora_weights}, which alters the base model`,
      'Convert it with PEFT’s path_initial_model_for_weight_conversion',
    );
}

/** The value of the first pattern that matches the end of a module's name, as PEFT looks it up. */
function lookUp(path: string, patterns: Readonly<Record<string, number>>, name: string, otherwise: number): number {
  for (const [pattern, value] of Object.entries(patterns)) {
    try {
      if (new RegExp(`^(?:.*\\.)?(?:${pattern})$`).test(name)) return value;
    } catch (cause) {
      throw errors.make('bad-config', {
        what: `${path} has the pattern "${pattern}", which is no regular expression`,
        cure: 'Mend rank_pattern and alpha_pattern',
        cause,
      });
    }
  }
  return otherwise;
}

/** What `adapter_config.json` says of the adapter. */
export interface AdapterConfig {
  readonly baseModel: string;
  readonly rank: (site: string) => number;
  /** α / r of a site. */
  readonly scale: (site: string) => number;
}

/**
 * Parses `adapter_config.json`; refuses whatever is not a plain LoRA.
 *
 * @throws `bad-config`, `unsupported-adapter`
 */
export function parseConfig(path: string, text: string): AdapterConfig {
  let config: Config;
  try {
    config = configSchema.parse(JSON.parse(text));
  } catch (cause) {
    const detail =
      cause instanceof z.ZodError ? z.prettifyError(cause).replace(/\s*\n\s*/g, ' ') : (cause as Error).message;
    throw errors.make('bad-config', {
      what: `${path} is not an adapter's configuration: ${detail}`,
      cure: 'Write it with PEFT or with perfit export',
      cause,
    });
  }
  checkPlain(path, config);
  const rank = (site: string) => lookUp(path, config.rank_pattern ?? {}, site, config.r);
  const alpha = (site: string) => lookUp(path, config.alpha_pattern ?? {}, site, config.lora_alpha);
  return { baseModel: config.base_model_name_or_path ?? '', rank, scale: (site) => alpha(site) / rank(site) };
}

/**
 * The text of `adapter_config.json` as PEFT reads it: r = R, lora_alpha = σ·R, and patterns where a site's rank is not
 * the layout's. Modules are named in full, so that exactly the layout's sites are adapted.
 */
export function formatConfig(layout: Layout, scale: number, baseModel: string): string {
  const own = slotsBySite(layout).filter(({ A }) => A.rows !== layout.rank);
  const pattern = (value: (rank: number, site: Site) => number) =>
    Object.fromEntries(own.map(({ site, A }) => [site.name, value(A.rows, site)]));
  const config = {
    alpha_pattern: pattern((rank) => scale * rank),
    auto_mapping: null,
    base_model_name_or_path: baseModel || null,
    bias: 'none',
    fan_in_fan_out: false,
    inference_mode: true,
    init_lora_weights: true,
    layers_pattern: null,
    layers_to_transform: null,
    lora_alpha: scale * layout.rank,
    lora_dropout: 0,
    modules_to_save: null,
    peft_type: 'LORA',
    r: layout.rank,
    rank_pattern: pattern((rank) => rank),
    revision: null,
    target_modules: layout.sites.map(({ name }) => name),
    task_type: 'CAUSAL_LM',
    use_dora: false,
    use_rslora: false,
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}
