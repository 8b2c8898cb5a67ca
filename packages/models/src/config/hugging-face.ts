import { z } from 'zod';
import type { ModelConfig } from '../contract.js';
import { errors } from '../errors.js';
import { parseRope, ropeKeys, ropeParameters } from './rope.js';
import { checkShape } from './shape.js';

const count = z.number().int().positive();

const configSchema = z.looseObject({
  model_type: z.string(),
  vocab_size: count,
  hidden_size: count,
  intermediate_size: count,
  num_hidden_layers: count,
  num_attention_heads: count,
  num_key_value_heads: count.nullish(),
  head_dim: count.nullish(),
  max_position_embeddings: count.default(2048),
  rms_norm_eps: z.number().positive().default(1e-6),
  hidden_act: z.string().default('silu'),
  tie_word_embeddings: z.boolean().default(false),
  attention_bias: z.boolean().nullish(),
  mlp_bias: z.boolean().nullish(),
  sliding_window: count.nullish(),
  ...ropeKeys,
});

type RawConfig = z.output<typeof configSchema>;

/** Mistral is LLaMA's maths as long as its window holds the whole context; transformers' default window is 4096. */
function checkFamily(raw: RawConfig): void {
  if (raw.model_type === 'mistral') {
    const window = raw.sliding_window === undefined ? 4096 : raw.sliding_window;
    if (window === null || window >= raw.max_position_embeddings) return;
    throw errors.make('unsupported-model', {
      what: `the model attends through a sliding window of ${window} tokens`,
      cure: 'Take a Mistral whose sliding_window is null, or a llama',
    });
  }
  if (raw.model_type !== 'llama')
    throw errors.make('unsupported-model', {
      what: `config.json says model_type "${raw.model_type}"`,
      cure: 'Take a model of one of: llama, mistral (without sliding window)',
    });
}

function checkMaths(raw: RawConfig): void {
  checkFamily(raw);
  for (const key of ['attention_bias', 'mlp_bias'] as const)
    if (raw[key])
      throw errors.make('biased-projection', {
        what: `config.json sets ${key}`,
        cure: 'Take a model whose projections have no bias',
      });
  if (raw.hidden_act !== 'silu')
    throw errors.make('unsupported-model', {
      what: `config.json says hidden_act "${raw.hidden_act}"`,
      cure: 'Take a model with hidden_act "silu"',
    });
}

/**
 * Reads a LLaMA-family `config.json`.
 *
 * @throws `bad-config`, `unsupported-model`, `unsupported-rope`, `biased-projection`
 */
export function parseHuggingFaceConfig(json: unknown): ModelConfig {
  const parsed = configSchema.safeParse(json);
  if (!parsed.success)
    throw errors.make('bad-config', {
      what: `config.json: ${z.prettifyError(parsed.error).replaceAll(/\s+/g, ' ')}`,
      cure: 'Mend the key, or get the file again',
    });
  const raw = parsed.data;
  checkMaths(raw);
  return checkShape({
    family: 'llama',
    vocabulary: raw.vocab_size,
    hidden: raw.hidden_size,
    intermediate: raw.intermediate_size,
    layers: raw.num_hidden_layers,
    heads: raw.num_attention_heads,
    keyValueHeads: raw.num_key_value_heads ?? raw.num_attention_heads,
    headSize: raw.head_dim ?? Math.floor(raw.hidden_size / raw.num_attention_heads),
    context: raw.max_position_embeddings,
    normEpsilon: raw.rms_norm_eps,
    rope: parseRope(raw),
    tiedHead: raw.tie_word_embeddings,
  });
}

/** A configuration as transformers 5 reads it from `config.json`. */
export function toHuggingFaceConfig(config: ModelConfig): Record<string, unknown> {
  return {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    vocab_size: config.vocabulary,
    hidden_size: config.hidden,
    intermediate_size: config.intermediate,
    num_hidden_layers: config.layers,
    num_attention_heads: config.heads,
    num_key_value_heads: config.keyValueHeads,
    head_dim: config.headSize,
    max_position_embeddings: config.context,
    rms_norm_eps: config.normEpsilon,
    rope_parameters: ropeParameters(config.rope),
    tie_word_embeddings: config.tiedHead,
    hidden_act: 'silu',
    attention_bias: false,
    mlp_bias: false,
    dtype: 'float32',
  };
}
