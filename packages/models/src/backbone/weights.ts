import type { DType, PackedMatrix, Tensor } from '@perfit/tensorflow';
import type { ModelConfig, ProjectionGroup, Site, WeightSource } from '../contract.js';
import type { ScopedEngine } from '../scope.js';
import { STACKED } from './sites.js';

/** One layer's weights on the engine. */
interface LayerTensors {
  readonly inputNorm: Tensor;
  readonly postNorm: Tensor;
  readonly qkv: ProjectionGroup;
  readonly output: ProjectionGroup;
  readonly gate: ProjectionGroup;
  readonly up: ProjectionGroup;
  readonly down: ProjectionGroup;
}

/** A backbone's weights on the engine: matrices in its element type, norms in f32. Owns its tensors. */
export interface BackboneWeights {
  readonly embedding: PackedMatrix;
  /** The embedding itself where the head is tied. */
  readonly head: PackedMatrix;
  readonly norm: Tensor;
  readonly layers: readonly LayerTensors[];
  readonly groups: readonly ProjectionGroup[];
  readonly dispose: () => void;
}

/** Joins matrices of one width, one below the other. */
function stack(parts: readonly Float32Array[]): Float32Array {
  if (parts.length === 1) return parts[0];
  const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Brings a source's weights onto the engine; nothing stays there when it fails. */
export function uploadWeights(
  e: ScopedEngine,
  config: ModelConfig,
  sites: readonly Site[],
  source: WeightSource,
  dtype: DType,
): BackboneWeights {
  const bySite = new Map(sites.map((site) => [site.name, site]));
  const matrix = (names: readonly string[], rows: number, width: number) =>
    e.tidy(() => e.pack(e.as(e.upload(stack(names.map((name) => source.read(name))), [rows, width]), dtype)));
  const vector = (name: string) => e.upload(source.read(name), [config.hidden]);
  const group = (layer: number, parts: readonly string[]): ProjectionGroup => {
    const members = parts.map((part) => bySite.get(`model.layers.${layer}.${part}`)!);
    const rows = members.reduce((sum, site) => sum + site.out, 0);
    const weight = matrix(
      members.map((site) => `${site.name}.weight`),
      rows,
      members[0].in,
    );
    return { sites: members, weight };
  };
  const all = e.tidy(() => {
    const embedding = matrix(['model.embed_tokens.weight'], config.vocabulary, config.hidden);
    const head = config.tiedHead ? embedding : matrix(['lm_head.weight'], config.vocabulary, config.hidden);
    const layers = Array.from({ length: config.layers }, (_, layer) => ({
      inputNorm: vector(`model.layers.${layer}.input_layernorm.weight`),
      postNorm: vector(`model.layers.${layer}.post_attention_layernorm.weight`),
      qkv: group(layer, STACKED.qkv),
      output: group(layer, STACKED.output),
      gate: group(layer, STACKED.gate),
      up: group(layer, STACKED.up),
      down: group(layer, STACKED.down),
    }));
    return { embedding, head, norm: vector('model.norm.weight'), layers };
  });
  const groups = all.layers.flatMap(({ qkv, output, gate, up, down }) => [qkv, output, gate, up, down]);
  const dispose = () => {
    e.dispose(all.embedding.tensor, all.norm, ...groups.map(({ weight }) => weight.tensor));
    if (!config.tiedHead) e.dispose(all.head.tensor);
    for (const { inputNorm, postNorm } of all.layers) e.dispose(inputNorm, postNorm);
  };
  return { ...all, groups, dispose };
}
