import type { Download, ServerState, Update } from '@perfit/aggregation';
import type { Example, Row } from '@perfit/datasets';
import type { AdapterState, Architecture, ClientState, Layout, LowRankFactor, PositionRule } from '@perfit/lora';
import type { SearchIteration } from '@perfit/nas';
import type { Random, StrategyFactory } from '@perfit/strategy';
import { token } from '@perfit/strategy';
import type { LocalUpdate } from '@perfit/training';
import type { ClientProgress, Reused, SplitPairs } from './round-event.js';

/** Derives independent random streams from the run's seed. */
export interface RandomStreams {
  readonly seed: number;
  /** The stream of a purpose, for a client and a round where it has them. The same arguments give the same stream. */
  readonly stream: (purpose: string, client?: string, round?: number) => Random;
}

/** Wall time, injected so that nothing that must be reproducible reads it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Chooses the clients of a round. */
export interface Sampler {
  readonly name: string;
  /** A non-empty subset of `clients`, in their order. */
  readonly sample: (clients: readonly string[], round: number, random: Random) => readonly string[];
}

/** Token of every {@link Sampler}'s factory. */
export const SAMPLER = token<StrategyFactory<Sampler>>('@perfit/runtime/Sampler');

/** The strategy keys of a configuration that a method may use. */
export type StrategyKey =
  | 'expansion'
  | 'initialization'
  | 'importance'
  | 'schedule'
  | 'granularity'
  | 'search'
  | 'budget'
  | 'trainable'
  | 'travel'
  | 'localUpdate'
  | 'personalization'
  | 'aggregator'
  | 'serverRule'
  | 'adoption'
  | 'codec';

/** Values of strategy keys. */
export type StrategyKeys = Readonly<Partial<Record<StrategyKey, unknown>>>;

/** A named federated method: a preset of strategies. What it does stands in its parts alone. */
export interface Method {
  readonly name: string;
  /** One sentence: what trains, what travels, what is personal. */
  readonly summary: string;
  /** Authors and year, or `ours`. */
  readonly source: string;
  /** Values of the strategy keys that this method uses; a key that is absent is not used by it. */
  readonly preset: StrategyKeys;
  /** Values of strategy keys that make the method what it is: a configuration cannot replace them. */
  readonly fixed?: StrategyKeys;
  /** False for the untuned model. */
  readonly trains: boolean;
  /** One client trains on the rows of all, as many steps as all would take together (the centralised bound). */
  readonly pools?: boolean;
  /** Which adapter a client keeps in the end: the one after the last distribution, or after one more set of local steps. */
  readonly keeps: 'distributed' | 'local';
}

/** One training of one of a client's adapters within a round. */
export interface TrainingPhase {
  /** The adapter that trains. */
  readonly adapter: 'shared' | 'personal';
  /** Its steps, as a share of the round's: 1 is all of them. */
  readonly share: number;
  /** Positions that train; default: the method's. */
  readonly trainable?: PositionRule;
  /** Default: the method's. */
  readonly localUpdate?: LocalUpdate;
  /** What the local update rule is pulled towards: what the adapter starts at, or the shared adapter as it was received. */
  readonly anchor?: 'start' | 'received';
  /** What else is written when it ends: the moved anchor becomes the shared adapter, or the adapter is copied to the personal one. */
  readonly afterwards?: 'anchor-to-shared' | 'copy-to-personal';
}

/** What a client keeps to itself beside the masks: a second adapter, how both train, and how they compose. */
export interface Personalization {
  readonly name: string;
  /** Trainings of one client in one round, in order. */
  readonly phases: (when: { readonly round: number; readonly rounds: number }) => readonly TrainingPhase[];
  /** Whether there is a second adapter; it starts as the shared one does, and lives on the same architecture. */
  readonly secondAdapter: boolean;
  /** Whether the composition becomes the second adapter. */
  readonly keepsComposition?: boolean;
  /** The values `[P]` that the client uses, out of its adapters; neither is altered. */
  readonly compose: (input: ComposeInput) => Promise<Float32Array>;
}

/** What a composition is given. */
export interface ComposeInput {
  readonly layout: Layout;
  readonly shared: Float32Array;
  /** The shared adapter's values where there is no second one. */
  readonly personal: Float32Array;
  /** Mean validation loss of a candidate; `Infinity` where the client has no validation rows. */
  readonly validate: (candidate: Float32Array) => Promise<number>;
  /**
   * The best of some candidates by the client's validation rows, and by what those of all clients said of the candidates at
   * the same places of the list the last time they chose at this moment of a round. Once a composition, always as many.
   */
  readonly choose: (candidates: readonly Float32Array[]) => Promise<Float32Array>;
}

/** Token of every {@link Personalization}'s factory. */
export const PERSONALIZATION = token<StrategyFactory<Personalization>>('@perfit/runtime/Personalization');

/** Token under which methods are registered. */
export const METHOD = token<Method>('@perfit/runtime/Method');

/** Examples that lie on disk and are read when they are used. */
export interface StoredExamples {
  /** How many there are. */
  readonly length: number;
  /** Tokens that carry loss, of all of them. */
  readonly lossTokens: number;
  /** Brings them into memory. */
  readonly read: () => readonly Example[];
}

/** One client's rows, in text and in tokens: where they are, not they themselves. */
export interface ClientData {
  readonly id: string;
  readonly train: StoredExamples;
  readonly validation: StoredExamples;
  readonly test: StoredExamples;
  /** Reads the rows of `train` and `test`, for metrics that need text. */
  readonly rows: () => { readonly train: readonly Row[]; readonly test: readonly Row[] };
}

/** What a client's validation rows say of its candidates: all that it tells the others of them. */
export interface Evidence {
  /** Of every candidate but the first, its mean token loss less the first one's. */
  readonly differences: readonly number[];
  /** The variances of these over rows. */
  readonly variances: readonly number[];
}

/** What the evidence of all says of the candidates at one place in the list: of every one but the first. */
export interface Prior {
  readonly means: readonly number[];
  /** τ²: how much clients differ beyond what their few rows do. */
  readonly variances: readonly number[];
}

/** What one local training brought. */
export interface Trained {
  readonly update: Update;
  /** The adapter that the client uses after its local steps. */
  readonly state: AdapterState;
  readonly search: readonly SearchIteration[];
  readonly splitPairs: SplitPairs | null;
  /** Floating-point operations, by the cost book's rules; also where the steps were taken over. */
  readonly flops: number;
  /** Present where another run took these steps. */
  readonly reused?: Reused;
  /** Present where the client chose among candidates: what it tells of them. */
  readonly evidence?: Evidence;
}

/** What a client did with a download. */
export interface Adopted {
  readonly state: AdapterState;
  readonly lambda: number;
  /** As of {@link Trained}. */
  readonly evidence?: Evidence;
}

/** What a malicious client sends in place of what it learned: for experiments with robust aggregators. */
export interface Attack {
  readonly name: string;
  /** New values on the positions that travel, out of the true ones and those that were received there. */
  readonly corrupt: (input: {
    readonly values: Float32Array;
    readonly received: Float32Array;
    readonly random: Random;
  }) => Float32Array;
}

/** Token of every {@link Attack}'s factory. */
export const ATTACK = token<StrategyFactory<Attack>>('@perfit/runtime/Attack');

/** Reaches the clients: in this process, or over a network. The round loop knows nothing else of them. */
export interface Transport {
  readonly clients: readonly string[];
  /** The client's present architecture; before its first search the dense expanded one. */
  readonly architecture: (client: string) => Architecture;
  /** The adapter that the client uses at present: of two, their composition. */
  readonly personal: (client: string) => AdapterState;
  /** Tells every client what the frozen weights have changed by since the beginning. */
  readonly changeFrozen: (residual: readonly LowRankFactor[]) => void;
  /** Lets a client take its local steps from its present adapter. */
  readonly train: (client: string, job: TrainingJob) => Promise<Trained>;
  /** Hands a client its download, and what all clients' evidence said after the last distribution. */
  readonly deliver: (client: string, round: number, download: Download, prior?: Prior) => Promise<Adopted>;
  /** Loss of values on a client's test rows; null values: the frozen model. */
  readonly evaluate: (client: string, values: Float32Array | null) => Promise<Loss>;
}

/** One client's local training in one round. */
export interface TrainingJob {
  readonly round: number;
  /** False for the extra set of steps after the last round: the client's adapter stays as it was. */
  readonly keep: boolean;
  /** Whether a client that has an architecture may search again. */
  readonly maySearch: boolean;
  /** Everyone who trains in this round, the client itself included. */
  readonly participants: readonly string[];
  /** What all clients' evidence said after their last local steps. */
  readonly prior?: Prior | undefined;
  /** Hears of every step. */
  readonly report: (event: ClientProgress) => void;
  /** Stops the training between two steps. */
  readonly signal: AbortSignal;
}

/** A sum of token losses. */
export interface Loss {
  readonly lossSum: number;
  readonly tokens: number;
}

/** What is kept of one client between rounds. */
export interface ClientRecord {
  readonly state: ClientState;
  /** The composition of both adapters `[P]`, where it is not the shared one. */
  readonly used?: Float32Array | undefined;
  /** What the local update rule remembers, and what came with the last download, by name `[P]`. */
  readonly remembered: Readonly<Record<string, Float32Array>>;
  readonly received: Readonly<Record<string, Float32Array>>;
  /** Round of the last search; 0: none yet. */
  readonly searched: number;
  /** Whether the server has ever had an update of this client. */
  readonly registered: boolean;
}

/** The architecture that each client last uploaded: what the server knows of clients one by one. */
export interface Registry {
  /** Whether a client has uploaded. */
  readonly has: (client: string) => boolean;
  /** The architecture of its last upload. */
  readonly get: (client: string) => Architecture | undefined;
  /** Takes note of an upload. */
  readonly set: (client: string, architecture: Architecture) => void;
}

/**
 * Keeps client records, the registry and checkpoints of whole rounds. What it hands out is borrowed, and not to be
 * altered.
 */
export interface Store {
  /** The record of a client, if it has one. */
  readonly read: (client: string) => ClientRecord | undefined;
  /** Replaces the record of a client. */
  readonly write: (client: string, record: ClientRecord) => void;
  readonly registry: Registry;
  /** How many of them are in memory. */
  readonly held: () => { readonly records: number; readonly architectures: number };
  /** Saves a whole round: everything a resume needs, or nothing. */
  readonly checkpoint: (checkpoint: Checkpoint) => void;
  /** Goes back to the last whole round, or to the beginning: what was written since is forgotten. */
  readonly restore: () => Checkpoint | undefined;
  /** Ends the use of the store: nothing stays behind that is not part of a whole round. */
  readonly abandon: () => void;
}

/** Everything beside the client records and the registry that a resume needs. */
export interface Checkpoint {
  readonly round: number;
  readonly server: ServerState;
  /** What was measured in the rounds so far. */
  readonly drafts: readonly RoundDraft[];
  readonly evidence: EvidenceByMoment;
}

/** The last evidence of every client that told any, after local steps and after a distribution. */
export interface EvidenceByMoment {
  readonly afterLocal: Readonly<Record<string, Evidence>>;
  readonly afterDistribution: Readonly<Record<string, Evidence>>;
}

/** One client's measurements in one round, as losses: what averages are made of. */
export interface ClientDraft {
  readonly id: string;
  afterDistribution: Loss | null;
  afterLocal: Loss | null;
  global: Loss | null;
  live: number;
  shared: number;
  exclusive: number;
  bytesUp: number;
  bytesDown: number;
  flops: number;
}

/** The measurements of a round under way or done. */
export interface RoundDraft {
  readonly round: number;
  readonly clients: readonly ClientDraft[];
}
