import type { DType, PackedMatrix, Tensor } from '@perfit/tensorflow';

/** A projection that can be adapted: a plain record, equal in shape to `@perfit/lora`'s Site. */
export interface Site {
  /** `model.layers.0.self_attn.q_proj` */
  readonly name: string;
  readonly layer: number;
  readonly in: number;
  readonly out: number;
  /** 2 · in · out */
  readonly flops: number;
}

/** RoPE, with transformers' names. */
export interface RopeConfig {
  readonly theta: number;
  readonly scaling:
    | { readonly type: 'default' }
    | { readonly type: 'linear'; readonly factor: number }
    | {
        readonly type: 'llama3';
        readonly factor: number;
        readonly lowFrequencyFactor: number;
        readonly highFrequencyFactor: number;
        readonly originalContext: number;
      };
}

/** A LLaMA-family backbone's shape. */
export interface ModelConfig {
  readonly family: 'llama';
  readonly vocabulary: number;
  readonly hidden: number;
  readonly intermediate: number;
  readonly layers: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headSize: number;
  readonly context: number;
  readonly normEpsilon: number;
  readonly rope: RopeConfig;
  readonly tiedHead: boolean;
}

/** Sites that read the same input and whose frozen weights lie stacked in one matrix. */
export interface ProjectionGroup {
  readonly sites: readonly Site[];
  /** Frozen, `[Σ out, in]`, in the backbone's dtype. Borrowed from the backbone. */
  readonly weight: PackedMatrix;
}

/**
 * The hook at every projection. N stands for the rows that it is given: tokens, in the last layer past attention those of
 * the loss positions. A backbone calls it instead of multiplying by the frozen weight itself; what adapts
 * (LoRA, full weights while pretraining) or watches (a statistics tap) implements it.
 */
export interface Projector {
  /** Whether any site of the group is adapted; where none is, the backbone may skip recomputing x for the backward. */
  readonly adapts: (group: ProjectionGroup) => boolean;
  /**
   * Whether `project` gives anything but the product x Wᵀ of the backbone as it was loaded: the group is adapted, or its
   * frozen weight was changed. Hidden states below the first layer that is changed are the same for every adapter.
   */
  readonly changes: (group: ProjectionGroup) => boolean;
  /** x `[N, in]` → y `[N, Σ out]`. Borrows x. */
  readonly project: (group: ProjectionGroup, x: Tensor) => Tensor;
  /**
   * dy `[N, Σ out]` → dx `[N, in]`, accumulating the adapter's own gradients. Borrows both; `x` is absent where
   * `adapts` said no. `wantsInput: false` (nothing below is adapted) returns undefined.
   */
  readonly backproject: (
    group: ProjectionGroup,
    x: Tensor | undefined,
    dy: Tensor,
    wantsInput: boolean,
  ) => Tensor | undefined;
}

/** Sequences of tokens as a backbone takes them, end to end; `@perfit/datasets`' Batch is one. */
export interface TokenBatch {
  /** `[N]`: the tokens of all sequences. */
  readonly ids: Int32Array;
  /** `[S + 1]`: sequence s begins at `starts[s]` and ends before `starts[s + 1]`; from 0 to N, ascending. */
  readonly starts: Int32Array;
  /** `[M]`: indices into `ids` of tokens whose next token, in the same sequence, carries loss. */
  readonly lossPositions: Int32Array;
  /** `[M]`: what the next token is to be. */
  readonly labels: Int32Array;
}

/** Hidden states to enter a forward with, in place of ids. */
export interface Entry {
  /** How many layers they have passed. */
  readonly layer: number;
  /** `[N, H]` f32, borrowed. */
  readonly hidden: Tensor;
}

/** How a backward pass is taken. */
export interface BackpropagateOptions {
  /** `[M]`: weight of every loss; default 1/M each. */
  readonly weights?: Float32Array;
  /** Where gradients of the backbone's own weights go; default: they are not computed. */
  readonly sink?: WeightGradientSink;
  /** Where the forward begins, no higher than the lowest adapted layer. Not with a sink. */
  readonly entry?: Entry | undefined;
  /**
   * Keeps just the input of every layer but the last, and computes what its backward needs again: memory of one layer in
   * place of all, for the time of one forward more. The same bits.
   */
  readonly checkpointing?: boolean;
}

/** Receives gradients of the backbone's own weights (pretraining); owns what it is given. */
export type WeightGradientSink = (name: string, gradient: Tensor) => void;

/** A frozen language model: a chain of blocks. */
export interface Backbone {
  readonly config: ModelConfig;
  readonly dtype: DType;
  /** Every projection, in the order of the forward. */
  readonly sites: readonly Site[];
  /** Layers below the first one that a projector changes: their hidden states do not depend on it. */
  readonly unchangedLayers: (projector: Projector) => number;
  /** Hidden states `[N, H]` (f32, owned by the caller) after the first `layers` layers. */
  readonly hidden: (batch: Pick<TokenBatch, 'ids' | 'starts'>, layers: number, projector: Projector) => Tensor;
  /** Losses `[M]` (f32, owned by the caller) of the batch's loss positions; keeps nothing for a backward. */
  readonly losses: (batch: TokenBatch, projector: Projector, entry?: Entry) => Tensor;
  /** Logits `[positions, V]` (f32, owned by the caller) at indices into the batch's tokens. */
  readonly logits: (batch: TokenBatch, positions: Int32Array, projector: Projector) => Tensor;
  /**
   * Forward and backward of `Σ_m weights[m] · loss_m`: the projector accumulates its gradients. Returns the losses `[M]`
   * (f32, owned by the caller).
   */
  readonly backpropagate: (batch: TokenBatch, projector: Projector, options?: BackpropagateOptions) => Tensor;
  /** Starts an incremental decoding of one sequence with a key-value cache. */
  readonly decode: (projector: Projector) => Decoding;
  /** A frozen weight `[out, in]` of a site, on the host. */
  readonly frozen: (site: Site) => Float32Array;
  /** Ends every tensor that it owns. */
  readonly dispose: () => void;
}

/** Keeps hidden states of token sequences of one backbone, by layer. */
export interface HiddenStateStore {
  /** States `[n · H]` of a sequence of n tokens after `layers` layers, or undefined where they are not kept. */
  readonly read: (layers: number, ids: Int32Array) => Float32Array | undefined;
  /** Takes states; may leave them out. */
  readonly write: (layers: number, ids: Int32Array, hidden: Float32Array) => void;
}

/** An incremental decoding of one sequence. */
export interface Decoding {
  /** Feeds tokens, returns the logits `[V]` after the last of them. */
  readonly feed: (ids: readonly number[]) => Float32Array;
  /** Ends every tensor that it owns. */
  readonly dispose: () => void;
}

/** A chat message. */
export interface Message {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** Text to ids and back. */
export interface Tokenizer {
  /** No special tokens are added. */
  readonly encode: (text: string) => number[];
  /** Ids to text; special tokens are left out. */
  readonly decode: (ids: readonly number[]) => string;
  readonly eosId: number;
  /** Formats a conversation with the model's own chat template; an error where it has none. */
  readonly chat: (messages: readonly Message[], addGenerationPrompt: boolean) => string;
}

/** Weights of a checkpoint by Hugging Face name, whatever file they come from; RoPE rows in Hugging Face's order. */
export interface WeightSource {
  readonly names: readonly string[];
  /** Shape of a tensor, row-major. */
  readonly shape: (name: string) => readonly number[];
  /** Values of a tensor as f32, checked to be finite. */
  readonly read: (name: string) => Float32Array;
  /** Closes the files; again does nothing. */
  readonly close: () => void;
}

/** A checkpoint on disk, opened but not yet on an engine. */
export interface Checkpoint {
  /** The directory or file. */
  readonly path: string;
  /** sha256 of the weights' bytes, hex. */
  readonly sha256: string;
  readonly config: ModelConfig;
  readonly tokenizer: Tokenizer;
  readonly weights: WeightSource;
}
