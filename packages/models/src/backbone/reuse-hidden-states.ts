import type { Engine } from '@perfit/tensorflow';
import type { Backbone, Entry, HiddenStateStore, Projector, TokenBatch } from '../contract.js';
import { frozenProjector } from '../frozen-projector.js';

/**
 * A backbone that computes what never changes once: where a projector changes nothing below layer d > 0, the hidden
 * states of a sequence at d come from the store, or are computed and given to it, and every pass begins at d. Losses and
 * gradients are the same to the bit, since no row of a product or of attention depends on the other sequences of a batch.
 *
 * Where everything changes (d = 0) and where nothing does (the frozen model), every pass is the backbone's own; so are
 * logits and decoding.
 *
 * @param backbone Borrowed: ends with its owner, `dispose` ends it.
 * @param store Of this backbone alone: its weights and element type, and this engine.
 * @example
 * const backbone = reuseHiddenStates(engine, await loadBackbone(engine, checkpoint), store);
 */
export function reuseHiddenStates(engine: Engine, backbone: Backbone, store: HiddenStateStore): Backbone {
  const frozen = frozenProjector(engine);
  const { hidden: width, layers } = backbone.config;

  /** Calls `body` with the states at the depth to begin at, or with none. */
  const within = <Result>(
    batch: TokenBatch,
    projector: Projector,
    body: (entry: Entry | undefined) => Result,
  ): Result => {
    const layer = backbone.unchangedLayers(projector);
    if (layer === 0 || layer === layers) return body(undefined);
    const hidden = engine.upload(statesOf(batch, layer), [batch.ids.length, width]);
    try {
      return body({ layer, hidden });
    } finally {
      engine.dispose(hidden);
    }
  };

  /** `[N · H]`: the states of every sequence, those that the store lacks computed together. */
  const statesOf = ({ ids, starts }: TokenBatch, layer: number): Float32Array => {
    const states = new Float32Array(ids.length * width);
    const missing: number[] = [];
    for (let s = 0; s + 1 < starts.length; s++) {
      const known = store.read(layer, ids.subarray(starts[s], starts[s + 1]));
      if (known) states.set(known, starts[s] * width);
      else missing.push(s);
    }
    if (missing.length === 0) return states;
    const own = missing.map((s) => ids.subarray(starts[s], starts[s + 1]));
    const joined = joinSequences(own);
    const tensor = backbone.hidden(joined, layer, frozen);
    const found = engine.download(tensor) as Float32Array;
    engine.dispose(tensor);
    for (const [n, s] of missing.entries()) {
      const part = found.slice(joined.starts[n] * width, joined.starts[n + 1] * width);
      states.set(part, starts[s] * width);
      store.write(layer, own[n], part);
    }
    return states;
  };

  return {
    ...backbone,
    losses: (batch, projector, given) =>
      given
        ? backbone.losses(batch, projector, given)
        : within(batch, projector, (entry) => backbone.losses(batch, projector, entry)),
    backpropagate: (batch, projector, options = {}) =>
      options.entry || options.sink
        ? backbone.backpropagate(batch, projector, options)
        : within(batch, projector, (entry) => backbone.backpropagate(batch, projector, { ...options, entry })),
  };
}

/** Sequences end to end. */
function joinSequences(sequences: readonly Int32Array[]): Pick<TokenBatch, 'ids' | 'starts'> {
  const starts = new Int32Array(sequences.length + 1);
  for (const [n, { length }] of sequences.entries()) starts[n + 1] = starts[n] + length;
  const ids = new Int32Array(starts[sequences.length]);
  for (const [n, sequence] of sequences.entries()) ids.set(sequence, starts[n]);
  return { ids, starts };
}
