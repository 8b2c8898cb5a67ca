import type { Update } from '@perfit/aggregation';
import { type Batch, trainingBatches } from '@perfit/datasets';
import { type AdapterState, type Architecture, intersect, pack } from '@perfit/lora';
import { type SearchResult, type StatisticNeed, search, type Trainee } from '@perfit/nas';
import type { Session } from '@perfit/training';
import type { ClientData, Trained, TrainingJob } from './contract.js';
import { stepFlops, tokenCosts } from './cost-book.js';
import { optimizer } from './optimizer.js';
import type { MethodContext } from './run-context.js';

/** Lets the event loop turn, so that progress is drawn and Ctrl-C is heard. */
const breathe = () => new Promise<void>((resolve) => setImmediate(resolve));

/**
 * One client's local steps of one round: a search where one is due, then fine-tuning inside the mask. The search's own
 * steps count, so that every method takes the same number of steps on the same examples in the same order.
 */
export async function trainLocally(
  context: MethodContext,
  client: ClientData,
  from: AdapterState,
  job: TrainingJob,
  searchDue: boolean,
): Promise<Trained> {
  const { plan, trainer, configuration, streams, layout, learningRate, backbone } = context;
  const session = trainer.open({ state: from, localUpdate: plan.localUpdate.make(), optimizer });
  const batches = trainingBatches({
    examples: client.train,
    batchSize: configuration.batchSize,
    random: streams.stream('batches', client.id, job.round),
  });
  const costs = tokenCosts(backbone.config, backbone.sites);
  let step = 0;
  let flops = 0;
  let batch: Batch | undefined;
  const train = async (steps: number): Promise<void> => {
    for (let i = 0; i < steps; i++) {
      await breathe();
      job.signal.throwIfAborted();
      batch = batches.next().value as Batch;
      const rate = learningRate.at((job.round - 1) * configuration.steps + step);
      const loss = session.step(batch, rate);
      flops += stepFlops(costs, layout, batch.rows * batch.length, batch.labels.length);
      step++;
      job.report({ type: 'step', step, steps: configuration.steps, loss, learningRate: rate });
      if (step === 1) job.report({ type: 'gradient-norms', ...session.gradientNorms() });
    }
  };
  try {
    const found = searchDue ? await searchArchitecture(context, client, session, job, train, () => batch!) : null;
    await train(configuration.steps - step);
    const state = { values: session.values(), architecture: session.architecture() };
    return {
      update: makeUpdate(context, client, state, job.round),
      state,
      search: found?.iterations ?? [],
      splitPairs: found?.splitPairs ?? null,
      flops,
    };
  } finally {
    session.dispose();
  }
}

async function searchArchitecture(
  context: MethodContext,
  client: ClientData,
  session: Session,
  job: TrainingJob,
  train: (steps: number) => Promise<void>,
  lastBatch: () => Batch,
): Promise<SearchResult> {
  const { plan, layout, budget, streams } = context;
  const { importance, schedule, granularity, iterations, stepsBetween, allowVanishing } = plan.search!;
  const score = importance.make();
  const trainee: Trainee = {
    layout,
    budget: budget(client.id),
    architecture: session.architecture(),
    random: streams.stream('search', client.id, job.round),
    train: async (steps) => {
      session.gather(score.needs as readonly StatisticNeed[]);
      await train(steps);
      return session.statistics();
    },
    loss: async () => {
      const losses = session.losses(lastBatch());
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

function makeUpdate(
  { plan, layout }: MethodContext,
  client: ClientData,
  { values, architecture }: AdapterState,
  round: number,
): Update {
  const mask: Architecture = intersect(architecture, plan.method.travel(architecture, layout, round));
  return {
    client: client.id,
    mask,
    values: pack(values, mask),
    architecture,
    examples: client.train.length,
    metrics: {},
  };
}
