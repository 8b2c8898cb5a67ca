import type { Tensor } from '@perfit/tensorflow';
import { crossEntropy, crossEntropyBackward, type Head } from '../blocks/cross-entropy.js';
import type { DecoderLayer, LayerSaved } from '../blocks/decoder-layer.js';
import { embed, embedBackward } from '../blocks/embedding.js';
import type { Pass } from '../blocks/pass.js';
import type { ModelConfig, TokenBatch, WeightGradientSink } from '../contract.js';
import type { ScopedEngine } from '../scope.js';
import type { BackboneWeights } from './weights.js';

/** The parts of a backbone that a training step runs on. */
export interface BackpropagationParts {
  readonly config: ModelConfig;
  readonly weights: BackboneWeights;
  readonly layers: readonly DecoderLayer[];
  readonly head: Head;
}

/** Hidden states after the last layer; layers from `lowest` on save what their backward needs. */
function forward(
  e: ScopedEngine,
  { weights, layers }: BackpropagationParts,
  pass: Pass,
  ids: Tensor,
  lowest: number,
): readonly [hidden: Tensor, saved: LayerSaved[]] {
  const saved: LayerSaved[] = [];
  let x = embed(e, weights.embedding, ids);
  for (const [index, layer] of layers.entries()) {
    if (index >= lowest) {
      const [y, kept] = layer.forwardSaving(pass, x);
      saved.push(kept);
      x = y;
    } else {
      const y = layer.forward(pass, x);
      e.dispose(x);
      x = y;
    }
  }
  return [x, saved];
}

/** Hidden states `[N, H]` after the last layer, nothing saved. */
export function hiddenStates(e: ScopedEngine, parts: BackpropagationParts, pass: Pass, ids: Int32Array): Tensor {
  return e.tidy(() => forward(e, parts, pass, e.upload(ids, [ids.length]), parts.layers.length)[0]);
}

/**
 * Forward and backward of Σ_m weights[m] · loss_m. Without a sink the backward ends at the lowest adapted layer; with
 * one it reaches the embedding, and every weight outside the projections is reported once.
 */
export function backpropagate(
  e: ScopedEngine,
  parts: BackpropagationParts,
  pass: Pass,
  batch: TokenBatch,
  lossWeights: Float32Array,
  sink: WeightGradientSink | undefined,
): Tensor {
  const { config, layers, head } = parts;
  const lowest = sink ? 0 : layers.findIndex((layer) => layer.adapted(pass.projector));
  const savedFrom = lowest < 0 || lossWeights.length === 0 ? layers.length : lowest;
  return e.tidy(() => {
    const ids = e.upload(batch.ids, [batch.ids.length]);
    const [hidden, saved] = forward(e, parts, pass, ids, savedFrom);
    const targets = {
      hidden,
      positions: e.upload(batch.lossPositions, [batch.lossPositions.length]),
      labels: e.upload(batch.labels, [batch.labels.length]),
    };
    if (savedFrom === layers.length) return crossEntropy(e, head, targets);
    const perLoss = e.upload(lossWeights, [lossWeights.length]);
    const { losses, dHidden, gradients } = crossEntropyBackward(e, head, targets, perLoss, sink !== undefined);
    e.dispose(hidden);
    let dx: Tensor | undefined = dHidden;
    for (let index = layers.length - 1; dx && index >= lowest; index--) {
      const prefix = `model.layers.${index}.`;
      const inLayer = { ...pass, sink: sink && ((name: string, g: Tensor) => sink(prefix + name, g)) };
      dx = layers[index].backward(inLayer, saved.pop()!, dx, sink !== undefined || index > lowest);
    }
    if (sink && gradients) {
      sink('model.norm.weight', e.release(gradients.norm));
      const dEmbedding = embedBackward(e, ids, dx!, config.vocabulary);
      if (config.tiedHead) sink('model.embed_tokens.weight', e.release(e.add(dEmbedding, gradients.weight)));
      else {
        sink('lm_head.weight', e.release(gradients.weight));
        sink('model.embed_tokens.weight', e.release(dEmbedding));
      }
    }
    return losses;
  });
}
