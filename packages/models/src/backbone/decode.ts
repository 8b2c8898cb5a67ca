import type { KeyValueCache } from '../blocks/cached-attention.js';
import type { Head } from '../blocks/cross-entropy.js';
import { headLogits } from '../blocks/cross-entropy.js';
import type { DecoderLayer } from '../blocks/decoder-layer.js';
import { embed } from '../blocks/embedding.js';
import type { Decoding, ModelConfig, Projector } from '../contract.js';
import { errors } from '../errors.js';
import type { ScopedEngine } from '../scope.js';
import { checkIds, checkLength } from './check-batch.js';
import type { RotationCache } from './rotations.js';
import type { BackboneWeights } from './weights.js';

/** The parts of a backbone that decoding runs on. */
export interface DecodingParts {
  readonly config: ModelConfig;
  readonly weights: BackboneWeights;
  readonly layers: readonly DecoderLayer[];
  readonly head: Head;
  readonly rotations: RotationCache;
}

/** Tokens of a prompt that are taken in together: their scores against the whole cache exist at once. */
const AT_ONCE = 256;

/** Starts an incremental decoding of one sequence; its cache grows by two `[KV, D]` rows per token and layer. */
export function startDecoding(e: ScopedEngine, parts: DecodingParts, projector: Projector): Decoding {
  const { config, weights, layers, head, rotations } = parts;
  let past = 0;
  let caches: readonly KeyValueCache[] = [];
  const dispose = () => {
    for (const { k, v } of caches) e.dispose(k, v);
    caches = [];
    past = 0;
  };
  /** Takes tokens in; logits after the last of them, where they are asked for. */
  const take = (ids: Int32Array, wantsLogits: boolean): Float32Array | undefined => {
    const { logits, longer } = e.tidy(() => {
      const pass = { starts: Int32Array.of(0, ids.length), rotation: rotations.next(past, ids.length), projector };
      const grown: KeyValueCache[] = [];
      let x = embed(e, weights.embedding, e.upload(ids, [ids.length]));
      for (const [index, layer] of layers.entries()) {
        const [y, cache] = layer.step(pass, x, caches[index]);
        e.dispose(x);
        x = y;
        grown.push(cache);
      }
      if (!wantsLogits) return { logits: undefined, longer: grown };
      const last = e.upload(Int32Array.of(ids.length - 1), [1]);
      const values = headLogits(e, head, e.gather(x, last));
      return { logits: e.download(values) as Float32Array, longer: grown };
    });
    for (const { k, v } of caches) e.dispose(k, v);
    caches = longer;
    past += ids.length;
    return logits;
  };
  const feed = (given: readonly number[]): Float32Array => {
    if (given.length === 0)
      throw errors.make('bad-batch', { what: 'decoding was fed no tokens', cure: 'Give at least one' });
    const ids = Int32Array.from(given);
    checkIds(config, ids);
    checkLength(config, past + ids.length);
    let at = 0;
    for (; at + AT_ONCE < ids.length; at += AT_ONCE) take(ids.subarray(at, at + AT_ONCE), false);
    return take(ids.subarray(at), true)!;
  };
  return { feed, dispose };
}
