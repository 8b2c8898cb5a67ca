import type { Batch } from '@perfit/datasets';
import type { Backbone } from '@perfit/models';
import type { Engine, Tensor } from '@perfit/tensorflow';
import type { AdaptedProjector } from './adapted-projector.js';
import { errors } from './errors.js';
import type { BatchSegments, ExampleSegments } from './factor-gradients.js';

/** Σ_m weight · loss_m of one batch, differentiated. Both tensors are the caller's. */
export interface LossGradient {
  readonly losses: Tensor;
  /** `[P]` */
  readonly gradient: Tensor;
  /** Σ_j (∂ℓ_j/∂w)² over the batch's examples, ℓ_j the token mean of example j; where asked for. `[P]` */
  readonly squared: Tensor | undefined;
}

/** A batch, and the projector that takes in its gradients. */
export interface GradientTap {
  readonly projector: AdaptedProjector;
  readonly batch: Batch;
  /** Whether gradients are also taken per example. */
  readonly fisher: boolean;
}

/**
 * One forward and one backward pass at the values that the projector holds.
 *
 * @param input.weight Weight of every loss token; default 1/M, which makes it the token mean.
 * @throws `training/no-loss-tokens`
 */
export function lossGradient(
  engine: Engine,
  input: GradientTap & {
    readonly backbone: Backbone;
    readonly weight?: number;
    /** Whether layers keep just their inputs for the backward. */
    readonly checkpointing: boolean;
  },
): LossGradient {
  const { backbone, projector, batch, checkpointing } = input;
  const end = beginTap(engine, input, input.weight);
  try {
    const weights =
      input.weight === undefined ? {} : { weights: new Float32Array(batch.labels.length).fill(input.weight) };
    const losses = backbone.backpropagate(batch, projector, { ...weights, checkpointing });
    return { losses, ...projector.collect() };
  } finally {
    end();
  }
}

/** Lets a projector expect the gradients of a batch; returns what ends that. */
export function beginTap(engine: Engine, { projector, batch, fisher }: GradientTap, given?: number): () => void {
  const count = batch.labels.length;
  if (count === 0)
    throw errors.make('no-loss-tokens', {
      what: `a batch of ${batch.examples} examples has no loss token`,
      cure: 'Leave out rows whose output is empty after truncation',
    });
  const segments = fisher ? exampleSegments(engine, batch, given ?? 1 / count) : undefined;
  projector.begin(segments);
  return () => {
    projector.begin();
    engine.dispose(segments?.tokens.squares, segments?.losses.squares);
  };
}

/**
 * The examples among the tokens, and those with loss among the loss positions, which go example by example. c_j =
 * (1 / (weight · T_j))², 0 without loss tokens: example j's part of ∂L to its own ∂ℓ_j, squared.
 */
function exampleSegments(engine: Engine, { starts, tokens }: Batch, weight: number): BatchSegments {
  const squareOf = (T: number) => (T === 0 ? 0 : (1 / (weight * T)) ** 2);
  const segments = (begins: Int32Array, counts: readonly number[]): ExampleSegments => ({
    starts: begins,
    squares: engine.upload(Float32Array.from(counts, squareOf), [counts.length]),
  });
  const counts = [...tokens];
  const some = counts.filter((T) => T > 0);
  const begins = new Int32Array(some.length + 1);
  for (const [j, T] of some.entries()) begins[j + 1] = begins[j]! + T;
  return { tokens: segments(starts, counts), losses: segments(begins, some) };
}
