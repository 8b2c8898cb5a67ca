import { type Batch, shortestExamples } from '@perfit/datasets';
import { type SearchResult, type Statistics, search, type Trainee } from '@perfit/nas';
import type { Session } from '@perfit/training';
import type { ScoreConsensus } from './common-search.js';
import type { ClientData, TrainingJob } from './contract.js';
import type { LocalSteps } from './local-steps.js';
import type { MethodContext } from './run-context.js';

/** Share of a batch on which a pruning is watched, the shortest examples: a forward over all of it costs nearly half a step, and is due twice. */
const WATCHED = 1 / 8;

/** One client's architecture search, on its own steps and batches; with a consensus, by everyone's mean scores. */
export async function searchArchitecture(
  context: MethodContext,
  client: ClientData,
  session: Session,
  steps: LocalSteps,
  job: TrainingJob,
  consensus?: ScoreConsensus,
): Promise<SearchResult> {
  const { plan, layout, budget, streams, trainer } = context;
  const { importance, schedule, granularity, iterations, stepsBetween, allowVanishing, statistics } = plan.search!;
  const score = importance.make();
  const apart = statistics === 'separate';
  let last: Batch | undefined;
  let agreed: Float32Array | undefined;
  const random = streams.stream('search', client.id, job.round);
  const trainee: Trainee = {
    layout,
    budget: budget(client.id),
    architecture: session.architecture(),
    random,
    train: async (count) => {
      const statistics = await gather(count);
      if (consensus) agreed = await consensus.agree(score.score({ layout, statistics, random }));
      return statistics;
    },
    loss: async () => {
      const { examples } = last!;
      const losses = session.losses(shortestExamples(last!, Math.ceil(WATCHED * examples)));
      return losses.reduce((a, b) => a + b, 0) / losses.length;
    },
    prune: async (architecture) => session.prune(architecture),
  };
  async function gather(count: number): Promise<Statistics> {
    if (!apart) session.gather(score.needs);
    const batches = await steps.take(session, count);
    last = batches.at(-1);
    if (!apart) return session.statistics();
    steps.book(session, batches);
    return trainer.statistics({ values: session.values(), architecture: session.architecture() }, batches, score.needs);
  }
  const result = await search({
    trainee,
    importance: consensus ? { ...score, score: () => agreed! } : score,
    schedule: schedule.make(),
    granularity: granularity.make(),
    iterations,
    stepsBetween,
    allowVanishing,
  });
  for (const iteration of result.iterations) job.report({ type: 'search-iteration', ...iteration });
  return result;
}
