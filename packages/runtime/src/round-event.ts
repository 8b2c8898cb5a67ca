import type { PartitionReport } from '@perfit/datasets';
import type { SearchIteration } from '@perfit/nas';
import type { EngineDescription } from '@perfit/tensorflow';
import type { Observable } from 'rxjs';
import type { RoundRecord } from './summary.js';

/** Pairs of the symmetric start, and how many of them a search split. */
export interface SplitPairs {
  readonly split: number;
  readonly pairs: number;
}

/** That local steps were taken over from another run, and the wall seconds that they took there. */
export interface Reused {
  readonly seconds: number;
}

/** What happens inside a client's local training. */
export type ClientProgress =
  | {
      readonly type: 'step';
      readonly step: number;
      readonly steps: number;
      readonly loss: number;
      readonly learningRate: number;
    }
  | ({ readonly type: 'search-iteration' } & SearchIteration)
  | { readonly type: 'gradient-norms'; readonly A: number; readonly B: number };

/** Everything that a run tells, in the order in which it happens. Sinks print and write; nothing else does. */
export type RoundEvent =
  | {
      readonly type: 'run-started';
      readonly method: string;
      readonly seed: number;
      readonly rounds: number;
      readonly clients: readonly string[];
      readonly engine: EngineDescription;
      readonly layout: {
        readonly sites: number;
        readonly rank: number;
        readonly positions: number;
        readonly budget: number;
      };
      readonly partition: PartitionReport;
      /** The first round of this run: greater than 1 after a resume. */
      readonly from: number;
    }
  | {
      readonly type: 'round-started';
      readonly method: string;
      readonly round: number;
      readonly participants: readonly string[];
    }
  | ({ readonly method: string; readonly round: number; readonly client: string } & ClientProgress)
  | {
      readonly type: 'client-trained';
      readonly method: string;
      readonly round: number;
      readonly client: string;
      readonly examples: number;
      readonly live: number;
      readonly bytesUp: number;
      readonly flops: number;
      readonly splitPairs: SplitPairs | null;
      /** Present where another run took these steps: their events are told again, their time is not spent. */
      readonly reused?: Reused;
    }
  | {
      readonly type: 'aggregated';
      readonly method: string;
      readonly round: number;
      readonly updates: number;
      readonly masks: MaskOverlap | null;
    }
  | {
      readonly type: 'client-adopted';
      readonly method: string;
      readonly round: number;
      readonly client: string;
      readonly lambda: number;
      readonly bytesDown: number;
    }
  | {
      readonly type: 'client-evaluated';
      readonly method: string;
      readonly round: number;
      readonly client: string;
      readonly module: 'personal' | 'global';
      readonly moment: 'afterDistribution' | 'afterLocal';
      readonly perplexity: number;
      readonly tokens: number;
    }
  | { readonly type: 'round-completed'; readonly method: string; readonly round: number; readonly record: RoundRecord }
  | { readonly type: 'warning'; readonly method: string; readonly message: string }
  | { readonly type: 'run-completed'; readonly method: string; readonly rounds: readonly RoundRecord[] };

/** How alike the clients' architectures are. */
export interface MaskOverlap {
  /** Mean Jaccard index over the pairs of clients. */
  readonly jaccard: number;
  /** What independent random masks of these densities would give. */
  readonly chance: number;
  /** Mean share of a client's positions that are exclusive to it. */
  readonly exclusiveShare: number;
  /** (1 − 1/e)^(n−1), what independent masks would give. */
  readonly exclusiveChance: number;
}

/** Listens to a run. */
export interface Sink {
  readonly name: string;
  /** Subscribes; resolves when the run has ended, rejects when it failed. */
  readonly attach: (events: Observable<RoundEvent>) => Promise<void>;
}
