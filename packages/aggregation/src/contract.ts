import type { Architecture, Layout, LowRankFactor } from '@perfit/lora';
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
  /** Further vectors on `mask`, by name: what a local update rule sends beside the values (SCAFFOLD's control change). */
  readonly vectors?: Readonly<Record<string, Float32Array>>;
}

/** What the server sends to one client: values for the positions of `mask`, which lie inside the client's architecture. */
export interface Download {
  readonly mask: Architecture;
  /** Length `mask.live`. Positions of the client outside `mask` are not touched. */
  readonly values: Float32Array;
  /** Further vectors on `mask`, by name, for the local update rule (SCAFFOLD's server control). */
  readonly vectors?: Readonly<Record<string, Float32Array>>;
}

/**
 * Everything the server remembers between rounds: named flat arrays, so that any aggregator's state is saved and
 * resumed the same way.
 */
export type ServerState = Readonly<Record<string, Float32Array | Float64Array | Uint32Array>>;

/** What one round's fold is given. */
export interface FoldContext {
  readonly layout: Layout;
  /** σ: an adapter adds σ B A to its frozen weight. */
  readonly scale: number;
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

/** What an aggregator asks of the methods that use it; checked before anything loads. */
export interface AggregatorDemands {
  /** Whole rank components (a row of A lives and dies with its column of B), since the rule takes products BA. */
  readonly components?: boolean;
  /** Every live position travels, every round. */
  readonly everythingTravels?: boolean;
  /** Names of the vectors that every update carries. */
  readonly vectors?: readonly string[];
}

/** How updates become the next server state, and what a client gets of it. */
export interface Aggregator {
  readonly name: string;
  /** Absent: nothing. */
  readonly demands?: AggregatorDemands;
  /** Names of the vectors that every download carries. */
  readonly sends?: readonly string[];
  /** Uploads that it holds: those of a round until the round ends, or the last of every client; absent: none, it streams. */
  readonly holds?: 'round' | 'clients';
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
  /**
   * The change of the frozen weights that the rounds so far add up to, the same for every client (FLoRA, FedEx-LoRA);
   * absent: none. Cumulative, so that whoever comes late or resumes needs nothing else.
   */
  readonly residual?: (state: ServerState) => readonly LowRankFactor[];
  /** The vector that a {@link ServerRule} moves; absent: no server rule can wrap this aggregator. */
  readonly point?: AggregationPoint;
  /** Positions of an architecture that the state holds as shared; the rest are exclusive to their client. */
  readonly sharedPositions: (state: ServerState, architecture: Architecture) => Architecture;
}

/** The vector g `[P]` of a server state that downloads are cut from. */
export interface AggregationPoint {
  /** g; borrowed. */
  readonly read: (state: ServerState) => Float32Array;
  /** Positions at which g is a point to move from: θ₀ or an earlier mean. At the others the mean is taken as it is. */
  readonly known: (state: ServerState) => Architecture;
  /** The state with another g. */
  readonly write: (state: ServerState, point: Float32Array) => ServerState;
}

/**
 * A server optimiser (Reddi et al. 2021): wraps an aggregator so that its mean is taken as a pseudo-gradient
 * Δ = mean − g, and g moves by the rule's own step. Positions that no update carried stay.
 */
export interface ServerRule {
  readonly name: string;
  /** The aggregator with the rule's step; its state holds the rule's moments beside the inner state. */
  readonly wrap: (aggregator: Aggregator) => Aggregator;
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

/** How values are written for their way between client and server. */
export interface Codec {
  readonly name: string;
  /** Bytes of `count` values. */
  readonly bytes: (count: number) => number;
  /** Finite values as bytes; 0 must come back as 0. */
  readonly encode: (values: Float32Array) => Uint8Array;
  /** `count` values out of their bytes. */
  readonly decode: (bytes: Uint8Array, count: number) => Float32Array;
}

/** Token of every {@link Codec}'s factory. */
export const CODEC = token<StrategyFactory<Codec>>('@perfit/aggregation/Codec');
/** Token of every {@link Aggregator}'s factory. */
export const AGGREGATOR = token<StrategyFactory<Aggregator>>('@perfit/aggregation/Aggregator');
/** Token of every {@link ServerRule}'s factory. */
export const SERVER_RULE = token<StrategyFactory<ServerRule>>('@perfit/aggregation/ServerRule');
/** Token of every {@link Adoption}'s factory. */
export const ADOPTION = token<StrategyFactory<Adoption>>('@perfit/aggregation/Adoption');
