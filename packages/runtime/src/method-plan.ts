import type { Adoption, Aggregator, Codec } from '@perfit/aggregation';
import type { Initialization, PositionRule } from '@perfit/lora';
import type { BudgetRule, Granularity, Importance, Schedule } from '@perfit/nas';
import type { LocalUpdate } from '@perfit/training';
import type { Configuration, MethodEntry, SearchConfiguration } from './configuration.js';
import type { Method, Personalization } from './contract.js';
import type { ResolvedStrategy } from './strategies.js';

/** A method with all its parts resolved: what the round loop runs. */
export interface MethodPlan {
  /** The entry's own name: the folder and the row in tables. */
  readonly name: string;
  readonly method: Method;
  readonly rank: number;
  readonly expansion: number;
  readonly learningRate: Configuration['learningRate'];
  readonly initialization: ResolvedStrategy<Initialization>;
  /** The aggregator with the server rule around it. */
  readonly aggregator: {
    /** Makes a fresh one. */
    readonly make: () => Aggregator;
  };
  readonly adoption: ResolvedStrategy<Adoption>;
  readonly codec: Codec;
  readonly localUpdate: ResolvedStrategy<LocalUpdate>;
  readonly personalization: Personalization;
  /** Positions that train, and that travel. */
  readonly trainable: PositionRule;
  readonly travel: PositionRule;
  /** Present where the method searches. */
  readonly search: SearchPlan | null;
  /** The entry with every strategy and option written out. */
  readonly entry: MethodEntry;
}

/** The parts of a search. */
export interface SearchPlan extends SearchConfiguration {
  readonly importance: ResolvedStrategy<Importance>;
  readonly schedule: ResolvedStrategy<Schedule>;
  readonly granularity: ResolvedStrategy<Granularity>;
  readonly budget: ResolvedStrategy<BudgetRule>;
}
