import type { AdapterState } from '@perfit/lora';
import type { SearchResult } from '@perfit/nas';
import type { LocalConclusion } from '@perfit/training';
import type { ClientProgress } from '../round-event.js';

/** What a client's local steps of a round leave behind, before anything of it travels. */
export interface LocalOutcome {
  readonly shared: AdapterState;
  readonly personal: AdapterState | undefined;
  /** What the local update rule remembers and sends, `[P]`. */
  readonly conclusion: Pick<LocalConclusion, 'remember' | 'send'>;
  readonly search: Omit<SearchResult, 'architecture'> | null;
  readonly flops: number;
}

/** A client's local steps of a round, with everything that they told. */
export interface TakenSteps extends LocalOutcome {
  readonly events: readonly ClientProgress[];
  /** Wall time that they took, in seconds. */
  readonly seconds: number;
}

/** Which local steps: all that decides their bits. */
export interface StepsAt {
  /** A key of `stepsKey`: what is configured, and what computes. */
  readonly key: string;
  readonly client: string;
  readonly round: number;
  /** A digest of `startDigest`: what the client and the frozen weights are before them. */
  readonly start: string;
}

/**
 * Keeps local steps, so that runs that do the same up to there (methods that differ in aggregator, server rule, adoption or
 * travel; a run that scores other rows) take them once. May forget at any time.
 */
export interface TakenStepsStore {
  /** Whether steps of this key and round are kept at all; absent: all are. What is not is neither looked up nor digested. */
  readonly keeps?: (at: Pick<StepsAt, 'key' | 'round'>) => boolean;
  /** The steps, if they are kept. */
  readonly read: (at: StepsAt) => TakenSteps | undefined;
  /** Keeps them, or not. */
  readonly write: (at: StepsAt, steps: TakenSteps) => void;
}
