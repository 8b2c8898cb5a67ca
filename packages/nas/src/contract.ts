import type { Architecture, Layout } from '@perfit/lora';
import type { Random, StrategyFactory } from '@perfit/strategy';
import { token } from '@perfit/strategy';

/** What a search iteration gathered, flat over the layout. */
export interface Statistics {
  /** w: values after the last step. */
  readonly values: Float32Array;
  /** g: mean over the batches of ∂L/∂w, L the token-mean loss of a batch. */
  readonly gradient: Float32Array;
  /** F: mean over the examples of (∂ℓ_j/∂w)², ℓ_j the token-mean loss of example j. Present when the importance needs it. */
  readonly fisher?: Float32Array;
}

/** Which statistics a score reads. */
export type StatisticNeed = 'gradient' | 'fisher';

/** Scores every position: higher is kept longer. May keep state over the iterations of one search. */
export interface Importance {
  readonly name: string;
  readonly needs: readonly StatisticNeed[];
  /** Length P; the score of a pruned position is ignored. */
  readonly score: (input: {
    readonly layout: Layout;
    readonly statistics: Statistics;
    readonly random: Random;
  }) => Float32Array;
}

/** How many positions stay live after each iteration. */
export interface Schedule {
  readonly name: string;
  /** Positions to keep after iteration i of n (1 ≤ i ≤ n), going from `from` live positions down to `to`; the last gives `to` exactly. */
  readonly keep: (input: {
    readonly iteration: number;
    readonly iterations: number;
    readonly from: number;
    readonly to: number;
  }) => number;
}

/** What is kept or pruned as one. */
export interface Granularity {
  readonly name: string;
  /** Whether it keeps whole rank components: a row of A with its column of B. Absent: it does not. */
  readonly components?: boolean;
  /** The best units, by score, that fit into `keep` positions; live positions only; ties go to the lower position. */
  readonly select: (input: {
    readonly layout: Layout;
    readonly scores: Float32Array;
    readonly architecture: Architecture;
    readonly keep: number;
  }) => Architecture;
}

/** One client, as a budget rule sees it. */
export interface BudgetInput {
  readonly client: string;
  /** Training examples, and their tokens that carry loss. */
  readonly examples: number;
  readonly lossTokens: number;
  /** K of plain LoRA at the client's rank. */
  readonly parameters: number;
  /** Live positions of its dense expanded start: its budget cannot be larger. */
  readonly dense: number;
}

/** Deals out the federation's parameters to its clients: how much of its expanded space each may keep. */
export interface BudgetRule {
  readonly name: string;
  /** K of every client, in order: whole, from 1 to its `dense`, together no more than the sum of `parameters`. */
  readonly budgets: (clients: readonly BudgetInput[]) => readonly number[];
}

/** The model under search, as the search sees it: no tensors. */
export interface Trainee {
  readonly layout: Layout;
  /** K */
  readonly budget: number;
  /** Live positions at the start: the dense expanded adapter of the client. */
  readonly architecture: Architecture;
  readonly random: Random;
  /** Takes ordinary training steps, whose gradients feed the statistics. */
  readonly train: (steps: number) => Promise<Statistics>;
  /** Loss at the present values, of the last batch or of enough of it to tell what a pruning does. */
  readonly loss: () => Promise<number>;
  /** Zeroes values, gradients and moments outside the architecture. */
  readonly prune: (architecture: Architecture) => Promise<void>;
}

/** One iteration as recorded. */
export interface SearchIteration {
  readonly iteration: number;
  readonly live: number;
  /** {@link Trainee.loss} just before and just after pruning. */
  readonly lossBefore: number;
  readonly lossAfter: number;
  /** Share of the live positions of A, and of B, whose score is exactly 0. */
  readonly zeroShare: { readonly A: number; readonly B: number };
}

/** What a search found. */
export interface SearchResult {
  readonly architecture: Architecture;
  readonly iterations: readonly SearchIteration[];
  /** Mirrored pairs of the start of which exactly one twin survived, per factor, over the pairs. `symmetric` starts only. */
  readonly splitPairs: { readonly split: number; readonly pairs: number };
  /** Positions of the budget that no unit fitted into (coarse granularities). */
  readonly unused: number;
}

/** Token of every {@link Importance}'s factory. */
export const IMPORTANCE = token<StrategyFactory<Importance>>('@perfit/nas/Importance');
/** Token of every {@link Schedule}'s factory. */
export const SCHEDULE = token<StrategyFactory<Schedule>>('@perfit/nas/Schedule');
/** Token of every {@link BudgetRule}'s factory. */
export const BUDGET_RULE = token<StrategyFactory<BudgetRule>>('@perfit/nas/BudgetRule');
/** Token of every {@link Granularity}'s factory. */
export const GRANULARITY = token<StrategyFactory<Granularity>>('@perfit/nas/Granularity');
