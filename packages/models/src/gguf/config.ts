import { z } from 'zod';
import { inverseFrequencies } from '../config/frequencies.js';
import { checkShape } from '../config/shape.js';
import type { ModelConfig, RopeConfig } from '../contract.js';
import { errors } from '../errors.js';

const count = z.coerce.number().int().positive();
const positive = z.coerce.number().positive();

const metadataSchema = z.looseObject({
  'llama.block_count': count,
  'llama.context_length': count,
  'llama.embedding_length': count,
  'llama.feed_forward_length': count,
  'llama.attention.head_count': count,
  'llama.attention.head_count_kv': count.optional(),
  'llama.attention.key_length': count.optional(),
  'llama.attention.layer_norm_rms_epsilon': positive,
  'llama.rope.freq_base': positive.default(10_000),
  'llama.rope.dimension_count': count.optional(),
  'llama.rope.scaling.type': z.string().default('none'),
  'llama.rope.scaling.factor': positive.optional(),
  'llama.expert_count': z.coerce.number().default(0),
});

type Metadata = z.output<typeof metadataSchema>;

const scalings = 'Take a file with one of: no scaling, linear, the factors of Llama 3';

/** GGUF keeps no parameters of Llama 3's scaling but its divisors; the published models differ in the factor only. */
function llama3Scaling(theta: number, divisors: Float32Array, headSize: number): RopeConfig {
  const factor = divisors.reduce((largest, divisor) => Math.max(largest, divisor), 1);
  const rope: RopeConfig = {
    theta,
    scaling: { type: 'llama3', factor, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalContext: 8192 },
  };
  const plain = inverseFrequencies({ theta, scaling: { type: 'default' } }, headSize);
  const scaled = inverseFrequencies(rope, headSize);
  const fits =
    divisors.length === scaled.length &&
    scaled.every((frequency, i) => Math.abs(plain[i] / frequency / divisors[i] - 1) < 1e-4);
  if (fits) return rope;
  throw errors.make('unsupported-rope', { what: 'rope_freqs.weight is not of Llama 3', cure: scalings });
}

function parseRope(raw: Metadata, headSize: number, divisors: Float32Array | undefined): RopeConfig {
  const theta = raw['llama.rope.freq_base'];
  const turned = raw['llama.rope.dimension_count'] ?? headSize;
  if (turned !== headSize)
    throw errors.make('unsupported-rope', {
      what: `RoPE turns ${turned} of the ${headSize} dimensions of a head`,
      cure: 'Take a model that turns all of them',
    });
  if (divisors) return llama3Scaling(theta, divisors, headSize);
  const type = raw['llama.rope.scaling.type'];
  if (type === 'none') return { theta, scaling: { type: 'default' } };
  const factor = raw['llama.rope.scaling.factor'];
  if (type === 'linear' && factor) return { theta, scaling: { type, factor } };
  throw errors.make('unsupported-rope', { what: `the model scales RoPE by "${type}"`, cure: scalings });
}

/** What a configuration needs besides the metadata, from the tensors. */
export interface GgufTensors {
  /** Rows of the token embedding. */
  readonly vocabulary: number;
  /** No `output.weight`. */
  readonly tiedHead: boolean;
  /** `rope_freqs.weight`: by what each frequency is divided. */
  readonly ropeDivisors: Float32Array | undefined;
}

/**
 * Reads a configuration from a GGUF file's metadata.
 *
 * @throws `unsupported-model`, `bad-config`, `unsupported-rope`
 */
export function parseGgufConfig(metadata: Readonly<Record<string, unknown>>, tensors: GgufTensors): ModelConfig {
  const architecture = metadata['general.architecture'];
  if (architecture !== 'llama')
    throw errors.make('unsupported-model', {
      what: `the GGUF file says architecture "${architecture}"`,
      cure: 'Take a model of one of: llama',
    });
  const parsed = metadataSchema.safeParse(metadata);
  if (!parsed.success)
    throw errors.make('bad-config', {
      what: `GGUF metadata: ${z.prettifyError(parsed.error).replaceAll(/\s+/g, ' ')}`,
      cure: 'Convert the model again',
    });
  const raw = parsed.data;
  if (raw['llama.expert_count'] > 0)
    throw errors.make('unsupported-model', {
      what: `the GGUF file holds a mixture of ${raw['llama.expert_count']} experts`,
      cure: 'Take a dense llama',
    });
  const hidden = raw['llama.embedding_length'];
  const heads = raw['llama.attention.head_count'];
  const headSize = raw['llama.attention.key_length'] ?? Math.floor(hidden / heads);
  return checkShape({
    family: 'llama',
    vocabulary: tensors.vocabulary,
    hidden,
    intermediate: raw['llama.feed_forward_length'],
    layers: raw['llama.block_count'],
    heads,
    keyValueHeads: raw['llama.attention.head_count_kv'] ?? heads,
    headSize,
    context: raw['llama.context_length'],
    normEpsilon: raw['llama.attention.layer_norm_rms_epsilon'],
    rope: parseRope(raw, headSize, tensors.ropeDivisors),
    tiedHead: tensors.tiedHead,
  });
}
