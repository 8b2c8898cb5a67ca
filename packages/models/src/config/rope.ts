import { z } from 'zod';
import type { RopeConfig } from '../contract.js';
import { errors } from '../errors.js';

const parametersSchema = z.looseObject({
  rope_type: z.string().optional(),
  type: z.string().optional(),
  rope_theta: z.number().positive().optional(),
  factor: z.number().positive().optional(),
  low_freq_factor: z.number().positive().optional(),
  high_freq_factor: z.number().positive().optional(),
  original_max_position_embeddings: z.number().int().positive().optional(),
});

/** The keys of a `config.json` that say how positions are encoded: transformers 5's, or 4's. */
export const ropeKeys = {
  rope_parameters: parametersSchema.nullish(),
  rope_theta: z.number().positive().optional(),
  rope_scaling: parametersSchema.nullish(),
};

const keysSchema = z.object(ropeKeys);

function required(value: number | undefined, key: string, type: string): number {
  if (value === undefined)
    throw errors.make('bad-config', {
      what: `RoPE scaling "${type}" lacks ${key}`,
      cure: `Add ${key} to rope_parameters in config.json`,
    });
  return value;
}

/**
 * Reads RoPE from `rope_parameters` (transformers 5) or from `rope_theta` and `rope_scaling` (4).
 *
 * @throws `unsupported-rope`, `bad-config`
 */
export function parseRope(keys: z.output<typeof keysSchema>): RopeConfig {
  const parameters = keys.rope_parameters ?? keys.rope_scaling ?? {};
  const theta = keys.rope_parameters?.rope_theta ?? keys.rope_theta ?? 10_000;
  const type = parameters.rope_type ?? parameters.type ?? 'default';
  if (type === 'default') return { theta, scaling: { type } };
  if (type === 'linear') return { theta, scaling: { type, factor: required(parameters.factor, 'factor', type) } };
  if (type === 'llama3')
    return {
      theta,
      scaling: {
        type,
        factor: required(parameters.factor, 'factor', type),
        lowFrequencyFactor: required(parameters.low_freq_factor, 'low_freq_factor', type),
        highFrequencyFactor: required(parameters.high_freq_factor, 'high_freq_factor', type),
        originalContext: required(
          parameters.original_max_position_embeddings,
          'original_max_position_embeddings',
          type,
        ),
      },
    };
  throw errors.make('unsupported-rope', {
    what: `the model scales RoPE by "${type}"`,
    cure: 'Take a model with one of: default, linear, llama3',
  });
}

/** RoPE as `rope_parameters` of transformers 5. */
export function ropeParameters({ theta, scaling }: RopeConfig): Record<string, string | number> {
  const common = { rope_type: scaling.type, rope_theta: theta };
  if (scaling.type === 'default') return common;
  if (scaling.type === 'linear') return { ...common, factor: scaling.factor };
  return {
    ...common,
    factor: scaling.factor,
    low_freq_factor: scaling.lowFrequencyFactor,
    high_freq_factor: scaling.highFrequencyFactor,
    original_max_position_embeddings: scaling.originalContext,
  };
}
