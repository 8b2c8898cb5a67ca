import type { Tensor } from '@perfit/tensorflow';
import type { Head } from '../blocks/cross-entropy.js';
import type { DecoderLayer } from '../blocks/decoder-layer.js';
import { embed } from '../blocks/embedding.js';
import type { Pass } from '../blocks/pass.js';
import type { Entry, ModelConfig } from '../contract.js';
import type { ScopedEngine } from '../scope.js';
import type { BackboneWeights } from './weights.js';

/** The parts of a backbone that a pass over whole sequences runs on. */
export interface ForwardParts {
  readonly config: ModelConfig;
  readonly weights: BackboneWeights;
  readonly layers: readonly DecoderLayer[];
  readonly head: Head;
}

/** The residual stream `[N, H]` before the first layer that is still to come, and which one that is. */
export function enter(
  e: ScopedEngine,
  { weights }: ForwardParts,
  ids: Tensor,
  entry: Entry | undefined,
): { readonly x: Tensor; readonly layer: number } {
  return entry
    ? { x: e.cast(entry.hidden, 'f32'), layer: entry.layer }
    : { x: embed(e, weights.embedding, ids), layer: 0 };
}

/** Passes layers `begin … end − 1`, saving nothing. Consumes x. */
export function passLayers(
  e: ScopedEngine,
  { layers }: ForwardParts,
  pass: Pass,
  { x: given, begin, end }: { readonly x: Tensor; readonly begin: number; readonly end: number },
): Tensor {
  let x = given;
  for (const layer of layers.slice(begin, end)) {
    const y = layer.forward(pass, x);
    e.dispose(x);
    x = y;
  }
  return x;
}

/** Hidden states `[N, H]` after the first `end` layers, nothing saved. */
export function hiddenStates(
  e: ScopedEngine,
  parts: ForwardParts,
  pass: Pass,
  ids: Int32Array,
  { entry, end = parts.layers.length }: { readonly entry?: Entry | undefined; readonly end?: number } = {},
): Tensor {
  return e.tidy(() => {
    const { x, layer } = enter(e, parts, e.upload(ids, [ids.length]), entry);
    return passLayers(e, parts, pass, { x, begin: layer, end });
  });
}
