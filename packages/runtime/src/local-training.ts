import type { Update } from '@perfit/aggregation';
import { type AdapterState, applyArchitecture, intersect, type LowRankFactor, pack } from '@perfit/lora';
import type { LocalConclusion, LocalUpdate } from '@perfit/training';
import type { ScoreConsensus } from './common-search.js';
import type { ClientData, ClientRecord, TrainingJob, TrainingPhase } from './contract.js';
import type { TakeStep } from './joint-steps.js';
import { searchArchitecture } from './local-search.js';
import { type LocalSteps, localSteps } from './local-steps.js';
import { optimizer } from './optimizer.js';
import { reuseSteps } from './reuse/reuse-steps.js';
import { startDigest } from './reuse/start-digest.js';
import type { LocalOutcome } from './reuse/taken-steps.js';
import type { Reused } from './round-event.js';
import type { MethodContext } from './run-context.js';
import { travelling } from './travel.js';

/** What a client's local training of a round left behind. */
export interface TrainedLocally {
  readonly shared: AdapterState;
  readonly personal: AdapterState | undefined;
  /** What the local update rule remembers from now on. */
  readonly remembered: ClientRecord['remembered'];
  readonly update: Update;
  readonly search: LocalOutcome['search'];
  readonly flops: number;
  /** Where another run took these steps. */
  readonly reused?: Reused;
}

/** What a client's turn in a round is beside its job. */
export interface Turn {
  readonly searchDue: boolean;
  /** What the frozen weights have changed by. */
  readonly residual: readonly LowRankFactor[];
  /** Where it searches with others. */
  readonly consensus?: ScoreConsensus | undefined;
  /** Where its steps are taken with those of others. */
  readonly takeStep?: TakeStep | undefined;
}

/**
 * One client's local steps of one round, and what of them travels. The steps may be another run's, but where the client
 * searches with others, whose scores are not in what it starts at.
 */
export async function trainLocally(
  context: MethodContext,
  client: ClientData,
  record: ClientRecord,
  job: TrainingJob,
  turn: Turn,
): Promise<TrainedLocally> {
  const take = (heard: TrainingJob) => takeSteps(context, client, record, heard, turn);
  const { takenSteps } = context;
  const at = () => ({ client: client.id, round: job.round, start: startDigest({ record, ...turn }) });
  const outcome: LocalOutcome & { readonly reused?: Reused } =
    takenSteps?.keeps(job.round) && !turn.consensus ? await reuseSteps(takenSteps, at(), job, take) : await take(job);
  const { conclusion, ...taken } = outcome;
  return {
    ...taken,
    remembered: { ...record.remembered, ...conclusion.remember },
    update: makeUpdate(context, client, taken.shared, job.round, conclusion),
  };
}

/**
 * One client's local steps of one round: the phases of its personalization, one after the other; in the first on the
 * shared adapter a search where one is due, then fine-tuning inside the mask. The search's own steps count, so that
 * every method takes the same number of steps on the same examples in the same order.
 */
async function takeSteps(
  context: MethodContext,
  client: ClientData,
  record: ClientRecord,
  job: TrainingJob,
  { searchDue, consensus, takeStep }: Turn,
): Promise<LocalOutcome> {
  const { plan, configuration } = context;
  const received = record.state.shared.values;
  const steps = localSteps(context, client, job, takeStep);
  const last: { shared: AdapterState; personal: AdapterState | undefined } = {
    ...record.state,
    personal: record.state.personal,
  };
  let conclusion: LocalConclusion = {};
  let search: LocalOutcome['search'] = null;
  let share = 0;
  for (const phase of plan.personalization.phases({ round: job.round, rounds: configuration.rounds })) {
    share += phase.share;
    const { values, anchor, architecture, concluded, found } = await trainPhase(context, client, job, steps, {
      phase,
      state: startOf(phase, last),
      received,
      record,
      until: steps.ofShare(share),
      search: searchDue && !search && phase.adapter === 'shared',
      consensus,
    });
    if (found) {
      const { architecture: _, ...told } = found;
      search = told;
    }
    if (phase.adapter === 'shared') conclusion = concluded;
    last[phase.adapter] = { values, architecture };
    if (anchor) last.shared = { values: anchor, architecture };
    if (phase.afterwards === 'copy-to-personal') last.personal = { values, architecture };
  }
  return { ...last, conclusion, search, flops: steps.flops() };
}

/** Where a phase starts: its adapter; the personal one lives on the shared one's architecture, and starts as it does. */
function startOf(
  { adapter }: TrainingPhase,
  { shared, personal }: { shared: AdapterState; personal: AdapterState | undefined },
) {
  if (adapter === 'shared' || !personal) return shared;
  return { values: applyArchitecture(personal.values, shared.architecture), architecture: shared.architecture };
}

interface PhaseInput {
  readonly phase: TrainingPhase;
  readonly state: AdapterState;
  readonly received: Float32Array;
  readonly record: ClientRecord;
  /** The round's steps that are taken when it ends. */
  readonly until: number;
  readonly search: boolean;
  readonly consensus: ScoreConsensus | undefined;
}

async function trainPhase(
  context: MethodContext,
  client: ClientData,
  job: TrainingJob,
  steps: LocalSteps,
  { phase, state, received, record, until, search, consensus }: PhaseInput,
) {
  const { plan, trainer, layout } = context;
  const localUpdate: LocalUpdate = phase.localUpdate ?? plan.localUpdate.make();
  const session = trainer.open({
    state,
    trainable: (phase.trainable ?? plan.trainable).positions(layout, job.round),
    ...(phase.anchor === 'received' ? { anchor: received } : {}),
    vectors: { ...record.remembered, ...record.received },
    localUpdate,
    optimizer,
  });
  try {
    const found = search ? await searchArchitecture(context, client, session, steps, job, consensus) : null;
    await steps.take(session, until - steps.taken());
    const concluded = session.conclude();
    if (concluded.architecture) session.prune(intersect(session.architecture(), concluded.architecture));
    return {
      values: session.values(),
      anchor: phase.afterwards === 'anchor-to-shared' ? session.anchor() : null,
      architecture: session.architecture(),
      concluded,
      found,
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
  { send }: LocalConclusion,
): Update {
  const mask = travelling(plan, layout, architecture, round);
  const sent = Object.entries(send ?? {}).map(([name, vector]) => [name, pack(vector, mask)] as const);
  return {
    client: client.id,
    mask,
    values: pack(values, mask),
    architecture,
    examples: client.train.length,
    metrics: {},
    ...(sent.length > 0 ? { vectors: Object.fromEntries(sent) } : {}),
  };
}
