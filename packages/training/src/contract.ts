import type { Batch } from '@perfit/datasets';
import type { AdapterState, Architecture, Layout, LowRankFactor } from '@perfit/lora';
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
  /** The anchor on the host, 0 outside the architecture. */
  readonly anchor: () => Float32Array;
  /** What the local update rule concludes from the steps so far; empty where it concludes nothing. */
  readonly conclude: () => LocalConclusion;
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
  /** What a local update rule is pulled towards `[P]`; default: the values to start at. */
  readonly anchor?: Float32Array;
  /** The vectors `[P]` that the local update rule names under `receives` and `remembers`; absent ones are 0. */
  readonly vectors?: Readonly<Record<string, Float32Array>>;
  /** Positions that train; default: the whole architecture. */
  readonly trainable?: Architecture;
  /** What alters the gradient; `plainUpdate()` for nothing. */
  readonly localUpdate: LocalUpdate;
  /** AdamW's constants; the learning rate comes with every step. */
  readonly optimizer: OptimizerOptions;
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
  /**
   * A step of each of several sessions, in one forward and one backward pass of the frozen model over all their batches:
   * what `step` of one after the other does, up to f32 rounding, at the efficiency of one large batch and with its
   * memory. Returns the losses, in order. Where one fails (`loss-not-finite`) those before it have moved.
   *
   * @throws `bad-steps`, and those of `step`
   */
  readonly stepTogether: (
    steps: readonly { readonly session: Session; readonly batch: Batch; readonly learningRate: number }[],
  ) => readonly number[];
  /** The adapter as a projector, for generation and logits; the caller disposes it. */
  readonly project: (state: AdapterState) => ProjectedAdapter;
  /** Statistics of all batches as one: g of the loss over all their tokens, F over all their examples. */
  readonly statistics: (state: AdapterState, batches: readonly Batch[], needs: readonly StatisticNeed[]) => Statistics;
  /**
   * Sets what is added to the frozen weights (FLoRA, FedEx-LoRA) in place of what was set before; in bf16 what 8 bits
   * can hold of it.
   */
  readonly setResidual: (factors: readonly LowRankFactor[]) => void;
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
    input: {
      readonly gradient: Tensor;
      readonly values: Tensor;
      readonly anchor: Tensor;
      readonly vectors: Readonly<Record<string, Tensor>>;
    },
  ) => Tensor;
  /** Names of the vectors that come with a download, and that a client keeps between rounds: 0 before the first. */
  readonly receives?: readonly string[];
  readonly remembers?: readonly string[];
  /** Names of the vectors that go with an update. */
  readonly sends?: readonly string[];
  /**
   * What it needs on the engine for the layout and the architecture that a session computes with, which are those of the
   * live rank components alone; again after a prune. Comes to `correct` among `vectors`, by other names than those
   * above; the session ends it.
   */
  readonly prepare?: (
    engine: Engine,
    input: { readonly layout: Layout; readonly architecture: Architecture },
  ) => Readonly<Record<string, Tensor>>;
  /** Moves the anchor after a step (borrows; returns a new tensor, or undefined to leave it). `step` counts from 1. */
  readonly moveAnchor?: (
    engine: Engine,
    input: { readonly values: Tensor; readonly anchor: Tensor; readonly step: number; readonly learningRate: number },
  ) => Tensor | undefined;
  /** After a client's last step of a round. */
  readonly conclude?: (round: LocalRound) => LocalConclusion;
}

/** A client's local steps of a round, as flat host vectors `[P]`, for a rule to conclude from. */
export interface LocalRound {
  readonly layout: Layout;
  readonly architecture: Architecture;
  readonly start: Float32Array;
  readonly values: Float32Array;
  /** Mean over the steps of the loss's own gradient, before correction and clipping. */
  readonly meanGradient: Float32Array;
  readonly steps: number;
  readonly vectors: Readonly<Record<string, Float32Array>>;
}

/** What a local update rule concludes from a round. */
export interface LocalConclusion {
  /** New values of what it remembers. */
  readonly remember?: Readonly<Record<string, Float32Array>>;
  /** What it sends, by name. */
  readonly send?: Readonly<Record<string, Float32Array>>;
  /** A smaller architecture for the client from now on (HetLoRA's rank self-pruning). */
  readonly architecture?: Architecture;
}

/** Learning rate over a run: `at(step)` for 0 ≤ step < total. */
export interface LearningRateSchedule {
  /** The rate of a step. */
  readonly at: (step: number) => number;
}

/** Token of every {@link LocalUpdate}'s factory. */
export const LOCAL_UPDATE = token<StrategyFactory<LocalUpdate>>('@perfit/training/LocalUpdate');
