import type { Update } from '@perfit/aggregation';
import { type AdapterState, intersect, pack } from '@perfit/lora';
import type { ClientData, Trained, TrainingJob } from './contract.js';
import { searchArchitecture } from './local-search.js';
import { localSteps } from './local-steps.js';
import { optimizer } from './optimizer.js';
import type { MethodContext } from './run-context.js';

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
  const { plan, trainer, configuration } = context;
  const session = trainer.open({ state: from, localUpdate: plan.localUpdate.make(), optimizer });
  try {
    const steps = localSteps(context, client, session, job);
    const found = searchDue ? await searchArchitecture(context, client, session, steps, job) : null;
    await steps.take(configuration.steps - steps.taken());
    const state = { values: session.values(), architecture: session.architecture() };
    return {
      update: makeUpdate(context, client, state, job.round),
      state,
      search: found?.iterations ?? [],
      splitPairs: found?.splitPairs ?? null,
      flops: steps.flops(),
    };
  } finally {
    session.dispose();
  }
}

function makeUpdate(
  { plan, layout }: MethodContext,
  client: ClientData,
  { values, architecture }: AdapterState,
  round: number,
): Update {
  const mask = intersect(architecture, plan.method.travel(architecture, layout, round));
  const examples = client.train.length;
  return { client: client.id, mask, values: pack(values, mask), architecture, examples, metrics: {} };
}
