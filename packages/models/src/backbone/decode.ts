import type { Head } from '../blocks/cross-entropy.js';
import { headLogits } from '../blocks/cross-entropy.js';
import type { DecoderLayer } from '../blocks/decoder-layer.js';
import { embed } from '../blocks/embedding.js';
import type { KeyValueCache } from '../blocks/self-attention.js';
import type { Decoding, ModelConfig, Projector } from '../contract.js';
import { errors } from '../errors.js';
import type { ScopedEngine } from '../scope.js';
import { checkIds, checkLength } from './check-batch.js';
import type { TableCache } from './tables.js';
import type { BackboneWeights } from './weights.js';

/** The parts of a backbone that decoding runs on. */
export interface DecodingParts {
  readonly config: ModelConfig;
  readonly weights: BackboneWeights;
  readonly layers: readonly DecoderLayer[];
  readonly head: Head;
  readonly tables: TableCache;
}

/** Starts an incremental decoding of one sequence; its cache grows by two `[KV, D]` rows per token and layer. */
export function startDecoding(e: ScopedEngine, parts: DecodingParts, projector: Projector): Decoding {
  const { config, weights, layers, head, tables } = parts;
  let past = 0;
  let caches: readonly KeyValueCache[] = [];
  const dispose = () => {
    for (const { k, v } of caches) e.dispose(k, v);
    caches = [];
    past = 0;
  };
  const feed = (ids: readonly number[]): Float32Array => {
    if (ids.length === 0)
      throw errors.make('bad-batch', { what: 'decoding was fed no tokens', cure: 'Give at least one' });
    const tokens = Int32Array.from(ids);
    checkIds(config, tokens);
    checkLength(config, past + ids.length);
    const { logits, longer } = e.tidy(() => {
      const pass = { rows: 1, length: ids.length, tables: tables.next(past, ids.length), projector };
      const grown: KeyValueCache[] = [];
      let x = embed(e, weights.embedding, e.upload(tokens, [ids.length]));
      for (const [index, layer] of layers.entries()) {
        const [y, cache] = layer.step(pass, x, caches[index]);
        e.dispose(x);
        x = y;
        grown.push(cache);
      }
      const last = e.upload(Int32Array.of(ids.length - 1), [1]);
      const values = headLogits(e, head, { hidden: x, positions: last });
      return { logits: e.download(values) as Float32Array, longer: grown };
    });
    for (const { k, v } of caches) e.dispose(k, v);
    caches = longer;
    past += ids.length;
    return logits;
  };
  return { feed, dispose };
}
