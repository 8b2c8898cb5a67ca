import type { Backbone, TokenBatch } from '@perfit/models';
import type { Engine } from '@perfit/tensorflow';
import type { FrozenWeights } from './frozen.js';
import { jointProjector } from './joint-projector.js';
import { beginTap, type GradientTap, type LossGradient, lossGradient } from './loss-gradient.js';

/**
 * What `lossGradient` gives for each of several adapters on a batch of its own, out of one forward and one backward pass
 * over the rows of all: the same up to f32 rounding. Results are in the order of the taps.
 *
 * @throws `training/no-loss-tokens`
 */
export function jointGradients(
  engine: Engine,
  input: {
    readonly backbone: Backbone;
    readonly frozen: FrozenWeights;
    readonly taps: readonly GradientTap[];
    readonly checkpointing: boolean;
  },
): readonly LossGradient[] {
  const { backbone, frozen, taps, checkpointing } = input;
  if (taps.length === 1) return [lossGradient(engine, { ...taps[0]!, backbone, checkpointing })];
  const ends: (() => void)[] = [];
  try {
    for (const tap of taps) ends.push(beginTap(engine, tap));
    const members = taps.map(({ projector, batch }) => ({
      projector,
      tokens: batch.ids.length,
      losses: batch.labels.length,
    }));
    const counts = members.map((member) => member.losses);
    const weights = Float32Array.from(counts.flatMap((count) => new Array<number>(count).fill(1 / count)));
    const projector = jointProjector(engine, frozen, members);
    const losses = backbone.backpropagate(endToEnd(taps.map(({ batch }) => batch)), projector, {
      weights,
      checkpointing,
    });
    const own = engine.split(losses, counts, 0);
    engine.dispose(losses);
    return taps.map((tap, index) => ({ losses: own[index]!, ...tap.projector.collect() }));
  } finally {
    for (const end of ends) end();
  }
}

/** Batches as one: their sequences one after the other. */
function endToEnd(batches: readonly TokenBatch[]): TokenBatch {
  const total = (count: (batch: TokenBatch) => number) => batches.reduce((sum, batch) => sum + count(batch), 0);
  const ids = new Int32Array(total((batch) => batch.ids.length));
  const lossPositions = new Int32Array(total((batch) => batch.labels.length));
  const labels = new Int32Array(lossPositions.length);
  const starts = new Int32Array(total((batch) => batch.starts.length - 1) + 1);
  let [token, loss, sequence] = [0, 0, 0];
  for (const batch of batches) {
    ids.set(batch.ids, token);
    labels.set(batch.labels, loss);
    lossPositions.set(
      batch.lossPositions.map((position) => position + token),
      loss,
    );
    starts.set(
      batch.starts.subarray(1).map((end) => end + token),
      sequence + 1,
    );
    token += batch.ids.length;
    loss += batch.labels.length;
    sequence += batch.starts.length - 1;
  }
  return { ids, starts, lossPositions, labels };
}
