import type { Trained, TrainingJob } from './contract.js';
import { startTogether, type Train } from './start-together.js';

/** Where clients that search one common architecture agree on scores, iteration by iteration. */
export interface ScoreConsensus {
  /** Gives a client's scores; resolves to the mean over all members once every one of them has given its own. */
  readonly agree: (scores: Float32Array) => Promise<Float32Array>;
}

/** A consensus of `members` clients; every member calls `agree` once an iteration. */
export function scoreConsensus(members: number): ScoreConsensus & { readonly fail: (reason: unknown) => void } {
  let sum: Float64Array | undefined;
  let given = 0;
  let turn = openTurn();
  return {
    agree: (scores) => {
      sum ??= new Float64Array(scores.length);
      for (let p = 0; p < scores.length; p++) sum[p]! += scores[p]!;
      const { promise } = turn;
      if (++given === members) {
        turn.resolve(Float32Array.from(sum, (total) => total / members));
        [sum, given, turn] = [undefined, 0, openTurn()];
      }
      return promise;
    },
    fail: (reason) => turn.reject(reason),
  };
}

/** A promise of the mean that its owner settles. */
function openTurn() {
  let settle!: { readonly resolve: (mean: Float32Array) => void; readonly reject: (reason: unknown) => void };
  const promise = new Promise<Float32Array>((resolve, reject) => {
    settle = { resolve, reject };
  });
  // Nobody may be waiting when it fails.
  promise.catch(() => {});
  return { promise, ...settle };
}

/**
 * Lets the participants of a round search together, so that each iteration prunes by the mean of all scores.
 *
 * @param together whether a client has a search before it in this job.
 */
export function searchTogether(
  train: (client: string, job: TrainingJob, consensus?: ScoreConsensus) => Promise<Trained>,
  together: (client: string, job: TrainingJob) => boolean,
): Train {
  return startTogether(
    train,
    (client, job) => (together(client, job) ? job.participants.filter((member) => together(member, job)) : []),
    (members) => {
      const consensus = scoreConsensus(members.length);
      return { company: consensus, failed: consensus.fail };
    },
  );
}
