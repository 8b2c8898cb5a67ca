import type { Trained, TrainingJob } from './contract.js';
import type { ClientProgress } from './round-event.js';

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

type Train = (client: string, job: TrainingJob, consensus?: ScoreConsensus) => Promise<Trained>;

/**
 * Lets the participants of a round search together: the first to train starts them all, so that each iteration prunes
 * by the mean of all scores; the others, in their turn, find their training done and tell what happened in it. The
 * adapters of all participants are on the engine at once.
 *
 * @param together whether a client has a search before it in this job.
 */
export function searchTogether(train: Train, together: (client: string, job: TrainingJob) => boolean): Train {
  const done = new Map<string, { readonly trained: Promise<Trained>; readonly heard: ClientProgress[] }>();
  return async (client, job) => {
    if (!together(client, job) && !done.has(client)) return train(client, job);
    if (!done.has(client)) {
      const members = job.participants.filter((member) => together(member, job));
      const consensus = scoreConsensus(members.length);
      for (const member of members) {
        const heard: ClientProgress[] = [];
        const trained = train(member, { ...job, report: (event) => heard.push(event) }, consensus);
        trained.catch(consensus.fail);
        done.set(member, { trained, heard });
      }
    }
    const { trained, heard } = done.get(client)!;
    done.delete(client);
    const result = await trained;
    for (const event of heard) job.report(event);
    return result;
  };
}
