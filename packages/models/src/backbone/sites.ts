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
