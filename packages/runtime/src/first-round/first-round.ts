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

/** A client's first local steps, with everything that they told. */
export interface FirstRound extends LocalOutcome {
  readonly events: readonly ClientProgress[];
}

/**
 * Keeps first rounds, so that runs that differ only in what happens after them (aggregator, server rule, adoption, what
 * travels) take the same steps once. May forget at any time.
 */
export interface FirstRounds {
  /** A client's first round under a key of `firstRoundKey`. */
  readonly read: (key: string, client: string) => FirstRound | undefined;
  /** Keeps it, or not. */
  readonly write: (key: string, client: string, round: FirstRound) => void;
}
