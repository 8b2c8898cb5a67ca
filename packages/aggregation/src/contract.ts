import type { Architecture, Layout } from '@perfit/lora';
import type { Random, StrategyFactory } from '@perfit/strategy';
import { token } from '@perfit/strategy';

/** What a client sends: nothing else leaves it. */
export interface Update {
  readonly client: string;
  /** Positions that travel: live ∧ travel mask. */
  readonly mask: Architecture;
  /** Values on `mask`, in order of position: length `mask.live`. */
  readonly values: Float32Array;
  /** The client's whole architecture, for the registry; `mask` lies inside it. */
  readonly architecture: Architecture;
  /** n_i, the number of training examples: the weight of the mean. */
  readonly examples: number;
  readonly metrics: Readonly<Record<string, number>>;
}

/** Low-rank factors to be added to a frozen weight: ΔW = B A. */
export interface ResidualFactor {
  readonly site: string;
  readonly rank: number;
  /** `[rank, in]` */
  readonly A: Float32Array;
  /** `[out, rank]` */
  readonly B: Float32Array;
}

/** What the server sends to one client: values for the positions of `mask`, which lie inside the client's architecture. */
export interface Download {
  readonly mask: Architecture;
  /** Length `mask.live`. Positions of the client outside `mask` are not touched. */
  readonly values: Float32Array;
  /** Added to the frozen weights (FLoRA, FedEx-LoRA). */
  readonly residual?: readonly ResidualFactor[];
}

/**
 * Everything the server remembers between rounds: named flat arrays, so that any aggregator's state is saved and
 * resumed the same way.
 */
export type ServerState = Readonly<Record<string, Float32Array | Float64Array | Uint32Array>>;

/** What one round's fold is given. */
export interface FoldContext {
  readonly layout: Layout;
  readonly round: number;
  readonly random: Random;
  /** The architecture that a client registered before this round, if any. */
  readonly registered: (client: string) => Architecture | undefined;
}

/** Streams one round's updates into the next server state; memory grows with the adapter, not with the clients. */
export interface Fold {
  /** Takes one update; neither keeps nor alters it. The runtime adds them in client order. */
  readonly add: (update: Update) => void;
  /** The state after this round. A round without an update leaves the state as it was. */
  readonly finish: () => ServerState;
}

/** A server rule: how updates become the next state, and what a client gets of it. */
export interface Aggregator {
  readonly name: string;
  /** The state before the first round; `start` is θ₀. */
  readonly initialize: (layout: Layout, start: Float32Array) => ServerState;
  /** Starts a round's fold from the present state. */
  readonly fold: (state: ServerState, context: FoldContext) => Fold;
  /** What a client with this architecture receives. */
  readonly download: (
    state: ServerState,
    receiver: { readonly client: string; readonly architecture: Architecture },
  ) => Download;
  /** The global module: what a client never seen gets, and what "global perplexity" means. Length P. */
  readonly globalModule: (state: ServerState) => Float32Array;
  /** Positions of an architecture that the state holds as shared; the rest are exclusive to their client. */
  readonly sharedPositions: (state: ServerState, architecture: Architecture) => Architecture;
}

/** What adoption is given: the client's own adapter and what it would be with the download written in. */
export interface AdoptionInput {
  readonly own: Float32Array;
  readonly received: Float32Array;
  /** Mean validation loss of a candidate; `Infinity` where the client has no validation rows. */
  readonly validate: (candidate: Float32Array) => Promise<number>;
}

/** What a client does with what it receives. */
export interface Adoption {
  readonly name: string;
  /** The values to go on with, and the λ that was chosen: 0 keeps the own ones, 1 takes the received ones. */
  readonly adopt: (input: AdoptionInput) => Promise<{ readonly values: Float32Array; readonly lambda: number }>;
}

/** Token of every {@link Aggregator}'s factory. */
export const AGGREGATOR = token<StrategyFactory<Aggregator>>('@perfit/aggregation/Aggregator');
/** Token of every {@link Adoption}'s factory. */
export const ADOPTION = token<StrategyFactory<Adoption>>('@perfit/aggregation/Adoption');
