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

/** Passes layers `begin … end − 1`, saving nothing; from the last layer on `rows` go on alone. Consumes x, borrows rows. */
export function passLayers(
  e: ScopedEngine,
  { layers }: ForwardParts,
  pass: Pass,
  {
    x: given,
    begin,
    end,
    rows,
  }: { readonly x: Tensor; readonly begin: number; readonly end: number; readonly rows?: Tensor },
): Tensor {
  let x = given;
  const replace = (y: Tensor) => {
    e.dispose(x);
    x = y;
  };
  for (let index = begin; index < end; index++)
    replace(layers[index].forward(pass, x, index === layers.length - 1 ? rows : undefined));
  if (rows && begin === layers.length) replace(e.gather(x, rows));
  return x;
}

/** Hidden states `[N, H]` after the first `end` layers, nothing saved. */
export function hiddenStates(e: ScopedEngine, parts: ForwardParts, pass: Pass, ids: Int32Array, end: number): Tensor {
  return e.tidy(() => {
    const { x, layer } = enter(e, parts, e.upload(ids, [ids.length]), undefined);
    return passLayers(e, parts, pass, { x, begin: layer, end });
  });
}

/** Hidden states `[M, H]` after all layers at M positions, nothing saved. */
export function lastStates(
  e: ScopedEngine,
  parts: ForwardParts,
  pass: Pass,
  {
    ids,
    positions,
    entry,
  }: { readonly ids: Int32Array; readonly positions: Int32Array; readonly entry?: Entry | undefined },
): Tensor {
  return e.tidy(() => {
    const { x, layer } = enter(e, parts, e.upload(ids, [ids.length]), entry);
    const rows = e.upload(positions, [positions.length]);
    return passLayers(e, parts, pass, { x, begin: layer, end: parts.layers.length, rows });
  });
}
