/** Perplexity by the three averages: mean of client perplexities, exp of the mean client loss, token-weighted. */
export interface Averages {
  readonly clientMean: number | null;
  readonly expMeanLoss: number | null;
  readonly tokenWeighted: number | null;
}

/** Averages of a round, by module and moment. */
export interface RoundAverages {
  readonly personal: { readonly afterDistribution: Averages; readonly afterLocal: Averages };
  readonly global: Averages;
}

/** One client's line in a round of `summary.json`: perplexities, positions, costs. */
export interface ClientRound {
  readonly id: string;
  readonly personal: { readonly afterDistribution: number | null; readonly afterLocal: number | null };
  readonly global: number | null;
  /** Loss tokens of the client's test rows. */
  readonly tokens: number;
  readonly live: number;
  readonly shared: number;
  readonly exclusive: number;
  readonly bytesUp: number;
  readonly bytesDown: number;
  readonly flops: number;
}

/** One round of `summary.json`. */
export interface RoundRecord {
  readonly round: number;
  readonly clients: readonly ClientRound[];
  readonly averages: RoundAverages;
}

/** `summary.json` of one method. */
export interface MethodSummary {
  readonly schema: string;
  readonly method: string;
  readonly seed: number;
  readonly config: unknown;
  readonly rounds: readonly RoundRecord[];
}
