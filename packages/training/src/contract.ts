import type { Batch } from '@perfit/datasets';
import type { AdapterState, Architecture, Layout } from '@perfit/lora';
import type { Projector } from '@perfit/models';
import type { StatisticNeed, Statistics } from '@perfit/nas';
import type { StrategyFactory } from '@perfit/strategy';
import { token } from '@perfit/strategy';
import type { Engine, Tensor } from '@perfit/tensorflow';

/** One client's adapter on the engine while it trains or is scored. Owns its tensors. */
export interface Session {
  /** The order of θ. */
  readonly layout: Layout;
  /** One optimiser step on the token-mean loss of the batch; returns that loss. */
  readonly step: (batch: Batch, learningRate: number) => number;
  /** Losses of the batch's loss positions `[M]`, no gradient. */
  readonly losses: (batch: Batch) => Float32Array;
  /** Starts gathering statistics over the steps to come. */
  readonly gather: (needs: readonly StatisticNeed[]) => void;
  /** Ends gathering: means over the batches (g) and the examples (F) since `gather`. */
  readonly statistics: () => Statistics;
  /** Norms of the last step's gradient, before clipping, over the A factors and over the B factors. */
  readonly gradientNorms: () => { readonly A: number; readonly B: number };
  /** θ on the host, 0 outside the architecture. */
  readonly values: () => Float32Array;
  /** Its present architecture. */
  readonly architecture: () => Architecture;
  /** Replaces the values; moments and architecture stay. */
  readonly write: (values: Float32Array) => void;
  /** Sets the architecture: zeroes values, gradients and moments outside. */
  readonly prune: (architecture: Architecture) => void;
  /** Ends every tensor that it owns. */
  readonly dispose: () => void;
}

/** What a session is opened with. */
export interface SessionOptions {
  /** Values and architecture to start at; copied. */
  readonly state: AdapterState;
  /** Positions that train; default: the whole architecture. */
  readonly trainable?: Architecture;
  /** What alters the gradient; `plainUpdate()` for nothing. */
  readonly localUpdate: LocalUpdate;
  /** AdamW's constants; the learning rate comes with every step. */
  readonly optimizer: OptimizerOptions;
}

/** A low-rank change of a frozen weight: ΔW = B A. Equal in shape to `@perfit/aggregation`'s ResidualFactor. */
export interface LowRankFactor {
  /** Name of the projection. */
  readonly site: string;
  /** Rows of A, columns of B. */
  readonly rank: number;
  /** `[rank, in]` */
  readonly A: Float32Array;
  /** `[out, rank]` */
  readonly B: Float32Array;
}

/** An adapter on the engine as the projector of a backbone. */
export interface ProjectedAdapter {
  /** Adds the adapter at every projection that it adapts. */
  readonly projector: Projector;
  /** Ends every tensor that it owns. */
  readonly dispose: () => void;
}

/** One frozen backbone that every client of a process trains on. Owns the copies of frozen weights that it changed. */
export interface Trainer {
  /** The order of θ. */
  readonly layout: Layout;
  /** Puts a client's adapter on the engine. The caller disposes the session. */
  readonly open: (options: SessionOptions) => Session;
  /** The adapter as a projector, for generation and logits; the caller disposes it. */
  readonly project: (state: AdapterState) => ProjectedAdapter;
  /** Statistics of all batches as one: g of the loss over all their tokens, F over all their examples. */
  readonly statistics: (state: AdapterState, batches: readonly Batch[], needs: readonly StatisticNeed[]) => Statistics;
  /** Adds BA to the frozen weights for good (FLoRA, FedEx-LoRA); in bf16 what 8 bits can hold of it. */
  readonly fold: (factors: readonly LowRankFactor[]) => void;
  /** Ends every tensor that it owns. */
  readonly dispose: () => void;
}

/** AdamW, decoupled weight decay (Loshchilov & Hutter 2019). */
export interface OptimizerOptions {
  /** β₁ ∈ [0, 1) of the first moment. */
  readonly beta1: number;
  /** β₂ ∈ [0, 1) of the second. */
  readonly beta2: number;
  /** ε > 0, added to √v̂. */
  readonly epsilon: number;
  /** λ ≥ 0: w shrinks by η λ w a step. */
  readonly weightDecay: number;
  /** Largest global gradient norm; 0: no clipping. */
  readonly clip: number;
}

/** Alters the gradient before the optimiser sees it (FedProx, SCAFFOLD, …). */
export interface LocalUpdate {
  /** The name in the configuration. */
  readonly name: string;
  /** Consumes `gradient [P]`, borrows the rest, returns the gradient to use. */
  readonly correct: (
    engine: Engine,
    input: { readonly gradient: Tensor; readonly values: Tensor; readonly anchor: Tensor },
  ) => Tensor;
}

/** Learning rate over a run: `at(step)` for 0 ≤ step < total. */
export interface LearningRateSchedule {
  /** The rate of a step. */
  readonly at: (step: number) => number;
}

/** Token of every {@link LocalUpdate}'s factory. */
export const LOCAL_UPDATE = token<StrategyFactory<LocalUpdate>>('@perfit/training/LocalUpdate');
