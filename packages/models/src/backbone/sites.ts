import { projections } from '../checkpoint/expected-weights.js';
import type { ModelConfig, Site } from '../contract.js';

/** Every projection of a model, in the order of the forward. */
export function sitesOf(config: ModelConfig): readonly Site[] {
  return Array.from({ length: config.layers }, (_, layer) =>
    projections(config).map(([name, out, width]) => ({
      name: `model.layers.${layer}.${name}`,
      layer,
      in: width,
      out,
      flops: 2 * width * out,
    })),
  ).flat();
}

/** Which projections of a layer are stacked: those of attention, which takes its operands so. */
export const STACKED = {
  qkv: ['self_attn.q_proj', 'self_attn.k_proj', 'self_attn.v_proj'],
  output: ['self_attn.o_proj'],
  gate: ['mlp.gate_proj'],
  up: ['mlp.up_proj'],
  down: ['mlp.down_proj'],
} as const;
