import type { Tensor } from '@perfit/tensorflow';
import { crossEntropy, crossEntropyBackward } from '../blocks/cross-entropy.js';
import type { DecoderLayer, LayerSaved } from '../blocks/decoder-layer.js';
import { embedBackward } from '../blocks/embedding.js';
import type { Pass } from '../blocks/pass.js';
import type { BackpropagateOptions, TokenBatch } from '../contract.js';
import type { ScopedEngine } from '../scope.js';
import { enter, type ForwardParts, passLayers } from './forward.js';

/** What a layer's backward starts from: all that it needs, or the layer's input to compute that from again. */
type Kept = { readonly saved: LayerSaved } | { readonly input: Tensor };

/**
 * Forward and backward of Σ_m weights[m] · loss_m. Without a sink the backward ends at the lowest adapted layer; with
 * one it reaches the embedding, and every weight outside the projections is reported once.
 */
export function backpropagate(
  e: ScopedEngine,
  parts: ForwardParts,
  pass: Pass,
  batch: TokenBatch,
  { weights: lossWeights, sink, entry, checkpointing }: BackpropagateOptions & { readonly weights: Float32Array },
): Tensor {
  const { config, layers, head } = parts;
  const lowest = sink ? 0 : layers.findIndex((layer) => layer.adapted(pass.projector));
  const savedFrom = lowest < 0 ? layers.length : lowest;
  const top = layers.length - 1;
  return e.tidy(() => {
    const ids = e.upload(batch.ids, [batch.ids.length]);
    const rows = e.upload(batch.lossPositions, [batch.lossPositions.length]);
    const start = enter(e, parts, ids, entry);
    let hidden = passLayers(e, parts, pass, { x: start.x, begin: start.layer, end: savedFrom, rows });
    const kept: Kept[] = [];
    for (let index = savedFrom; index <= top; index++) {
      if (checkpointing && index < top) {
        kept.push({ input: hidden });
        hidden = layers[index].forward(pass, hidden);
      } else {
        const [y, saved] = layers[index].forwardSaving(pass, hidden, index === top ? rows : undefined);
        kept.push({ saved });
        hidden = y;
      }
    }
    const targets = { hidden, labels: e.upload(batch.labels, [batch.labels.length]) };
    if (savedFrom > top) return crossEntropy(e, head, targets);
    const perLoss = e.upload(lossWeights, [lossWeights.length]);
    const { losses, dHidden, gradients } = crossEntropyBackward(e, head, targets, perLoss, sink !== undefined);
    e.dispose(hidden);
    let dx: Tensor | undefined = dHidden;
    for (let index = top; dx && index >= lowest; index--) {
      const prefix = `model.layers.${index}.`;
      const inLayer = { ...pass, sink: sink && ((name: string, g: Tensor) => sink(prefix + name, g)) };
      const saved = savedOf(e, layers[index], inLayer, kept.pop()!);
      dx = layers[index].backward(inLayer, saved, dx, sink !== undefined || index > lowest);
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

/** What a layer's backward needs, computed again where only its input was kept. */
function savedOf(e: ScopedEngine, layer: DecoderLayer, pass: Pass, kept: Kept): LayerSaved {
  if ('saved' in kept) return kept.saved;
  const [y, saved] = layer.forwardSaving(pass, kept.input);
  e.dispose(y);
  return saved;
}
