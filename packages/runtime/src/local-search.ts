import type { Batch } from '@perfit/datasets';
import { type SearchResult, search, type Trainee } from '@perfit/nas';
import type { Session } from '@perfit/training';
import type { ClientData, TrainingJob } from './contract.js';
import type { LocalSteps } from './local-steps.js';
import type { MethodContext } from './run-context.js';

/** One client's architecture search, on its own steps and batches. */
export async function searchArchitecture(
  context: MethodContext,
  client: ClientData,
  session: Session,
  steps: LocalSteps,
  job: TrainingJob,
): Promise<SearchResult> {
  const { plan, layout, budget, streams, trainer } = context;
  const { importance, schedule, granularity, iterations, stepsBetween, allowVanishing, statistics } = plan.search!;
  const score = importance.make();
  const apart = statistics === 'separate';
  let last: Batch | undefined;
  const trainee: Trainee = {
    layout,
    budget: budget(client.id),
    architecture: session.architecture(),
    random: streams.stream('search', client.id, job.round),
    train: async (count) => {
      if (!apart) session.gather(score.needs);
      const batches = await steps.take(session, count);
      last = batches.at(-1);
      if (!apart) return session.statistics();
      steps.book(batches);
      return trainer.statistics(
        { values: session.values(), architecture: session.architecture() },
        batches,
        score.needs,
      );
    },
    loss: async () => {
      const losses = session.losses(last!);
      return losses.reduce((a, b) => a + b, 0) / losses.length;
    },
    prune: async (architecture) => session.prune(architecture),
  };
  const result = await search({
    trainee,
    importance: score,
    schedule: schedule.make(),
    granularity: granularity.make(),
    iterations,
    stepsBetween,
    allowVanishing,
  });
  for (const iteration of result.iterations) job.report({ type: 'search-iteration', ...iteration });
  return result;
}
