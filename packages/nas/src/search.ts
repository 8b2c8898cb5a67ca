import { type Architecture, difference } from '@perfit/lora';
import type { Granularity, Importance, Schedule, SearchIteration, SearchResult, Trainee } from './contract.js';
import { errors } from './errors.js';
import { splitPairs } from './split-pairs.js';
import { refuseVanishing, zeroShare } from './zero-share.js';

/** What a search is made of. */
export interface SearchOptions {
  readonly trainee: Trainee;
  readonly importance: Importance;
  readonly schedule: Schedule;
  readonly granularity: Granularity;
  /** n ≥ 1 */
  readonly iterations: number;
  /** Training steps before each scoring, ≥ 1: twins of a symmetric start tie until a step was taken. */
  readonly stepsBetween: number;
  /** Prunes also where all scores of A, or all of B, are 0. Default false. */
  readonly allowVanishing?: boolean;
}

function checkOptions({ iterations, stepsBetween, trainee }: SearchOptions): void {
  for (const [name, value] of Object.entries({ iterations, stepsBetween, budget: trainee.budget }))
    if (!Number.isInteger(value) || value < 1)
      throw errors.make('bad-search', { what: `the search got ${name} = ${value}`, cure: 'Give a whole number ≥ 1' });
}

function checkKeep(keep: number, schedule: Schedule, from: number, to: number): void {
  if (!Number.isInteger(keep) || keep < to || keep > from)
    throw errors.make('bad-schedule', {
      what: `the schedule "${schedule.name}" keeps ${keep}, going from ${from} to ${to}`,
      cure: `Return a whole number from ${to} to ${from}`,
    });
}

function checkSelection(before: Architecture, after: Architecture, keep: number, granularity: Granularity): void {
  if (after.live > keep || difference(after, before).live > 0)
    throw errors.make('bad-selection', {
      what: `the granularity "${granularity.name}" kept ${after.live} positions of ${keep}, ${difference(after, before).live} of them pruned before`,
      cure: 'Keep live positions only, and no more than asked',
    });
  if (after.live === 0)
    throw errors.make('nothing-fits', {
      what: `no unit of the granularity "${granularity.name}" fits into ${keep} positions`,
      cure: 'Raise the rank, lower the expansion, or use the granularity weight',
    });
}

/**
 * Searches a client's architecture, as PerFIT does (arXiv 2402.16919): n iterations of training steps, scoring and
 * pruning, from the dense expanded start down to the budget K. Exactly K positions are live in the end where the
 * granularity is `weight`; a coarser one reports what it could not use. With a budget that covers every live position
 * (e = 1) nothing is pruned, and the same steps are taken.
 *
 * @throws `vanishing-scores` where all scores of A, or all of B, are 0 and something is to be pruned; `bad-search`,
 * `bad-schedule`, `bad-selection`, `nothing-fits`, `size-mismatch`, and those of the strategies
 * @example
 * const { architecture } = await search({
 *   trainee, importance: first(), schedule: cubic(), granularity: weight(), iterations: 4, stepsBetween: 1,
 * });
 */
export async function search(options: SearchOptions): Promise<SearchResult> {
  checkOptions(options);
  const { trainee, importance, schedule, granularity, iterations, stepsBetween, allowVanishing = false } = options;
  const { layout, random, architecture: start } = trainee;
  const from = start.live;
  const to = Math.min(trainee.budget, from);
  const records: SearchIteration[] = [];
  let architecture = start;
  for (let iteration = 1; iteration <= iterations; iteration++) {
    // 1. Train
    const statistics = await trainee.train(stepsBetween);
    const lossBefore = await trainee.loss();
    // 2. Score
    const scores = importance.score({ layout, statistics, random });
    if (scores.length !== layout.size)
      throw errors.make('size-mismatch', {
        what: `the importance "${importance.name}" gave ${scores.length} scores for a layout of ${layout.size}`,
        cure: 'Score every position',
      });
    const share = zeroShare(layout, scores, architecture);
    // 3. Select
    const keep = schedule.keep({ iteration, iterations, from, to });
    checkKeep(keep, schedule, from, to);
    const prunes = keep < architecture.live;
    if (prunes && !allowVanishing) refuseVanishing(share, importance.name);
    const next = prunes ? granularity.select({ layout, scores, architecture, keep }) : architecture;
    checkSelection(architecture, next, keep, granularity);
    architecture = next;
    // 4. Prune
    if (prunes) await trainee.prune(architecture);
    const lossAfter = prunes ? await trainee.loss() : lossBefore;
    const zeros = { A: share.A ?? 0, B: share.B ?? 0 };
    records.push({ iteration, live: architecture.live, lossBefore, lossAfter, zeroShare: zeros });
  }
  return {
    architecture,
    iterations: records,
    splitPairs: splitPairs(layout, start, architecture),
    unused: to - architecture.live,
  };
}
