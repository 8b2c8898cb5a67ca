import {
  type AdapterState,
  type Architecture,
  applyArchitecture,
  type LowRankFactor,
  pack,
  unpack,
  unpackInto,
} from '@perfit/lora';
import { searchTogether } from './common-search.js';
import type {
  ClientData,
  ClientRecord,
  Evidence,
  Prior,
  Store,
  StoredExamples,
  Trained,
  TrainingJob,
  Transport,
} from './contract.js';
import type { Evaluator } from './evaluate-values.js';
import { trainJointly } from './joint-steps.js';
import { type Turn, trainLocally } from './local-training.js';
import { chooseCandidate, evidenceOf } from './pooled-choice.js';
import type { MethodContext } from './run-context.js';
import { everTravelling } from './travel.js';

/** Reaches clients that live in this process, one at a time, over one frozen model. */
export function localTransport(context: MethodContext, store: Store, evaluator: Evaluator): Transport {
  const { plan, data, layout, trainer } = context;
  const clients = new Map<string, ClientData>(data.clients.map((client) => [client.id, client]));
  let frozenChange: readonly LowRankFactor[] = [];
  const pooled = pool(data.clients.map(({ train }) => train));
  const rowsOf = (client: string): ClientData => {
    const own = clients.get(client)!;
    return plan.method.pools ? { ...own, train: pooled } : own;
  };
  const recordOf = (client: string): ClientRecord => store.read(client) ?? newClient(context, client);
  const usedOf = ({ state, used }: ClientRecord): AdapterState => ({
    values: used ?? state.shared.values,
    architecture: state.shared.architecture,
  });
  const validation = (client: string) => async (candidate: Float32Array) => {
    const rows = clients.get(client)!.validation;
    if (rows.length === 0) return Number.POSITIVE_INFINITY;
    const { lossSum, tokens } = evaluator.total(candidate, rows);
    return lossSum / tokens;
  };
  /** The record with the composition of its adapters, and what the client tells of them where it chose. */
  const composed = async (client: string, record: ClientRecord, prior: Prior | undefined) => {
    const { shared, personal = shared } = record.state;
    const { architecture } = shared;
    let evidence: Evidence | undefined;
    const values = await plan.personalization.compose({
      layout,
      shared: shared.values,
      personal: applyArchitecture(personal.values, architecture),
      validate: validation(client),
      choose: async (candidates) => {
        const rows = clients.get(client)!.validation.read();
        evidence = evidenceOf(candidates.map((candidate) => evaluator.perExample(candidate, rows)));
        return candidates[chooseCandidate(evidence, prior)]!;
      },
    });
    const used = values === shared.values ? undefined : applyArchitecture(values, architecture);
    const state = plan.personalization.keepsComposition
      ? { shared, personal: { values: used ?? values, architecture } }
      : record.state;
    return { after: { ...record, used, state }, told: evidence ? { evidence } : {} };
  };

  /** Whether anyone looks at what clients use between their local steps and their next download; composing costs evaluations. */
  const usedAfterLocal =
    context.configuration.evaluation.localSteps ||
    plan.method.keeps === 'local' ||
    plan.personalization.keepsComposition === true ||
    everTravelling(plan, layout).live === 0;

  /** A first search is always due: without one a client would train dense, over its budget. */
  const dueFor = ({ searched }: ClientRecord, { round, maySearch }: TrainingJob) =>
    searchDue(plan.search, searched, round) && (maySearch || searched === 0);

  const trainOne = async (
    client: string,
    job: TrainingJob,
    turn: Pick<Turn, 'consensus' | 'takeStep'> = {},
  ): Promise<Trained> => {
    const record = recordOf(client);
    const due = dueFor(record, job);
    const before =
      due && record.searched > 0
        ? { ...record, state: { ...record.state, shared: regrow(record.state.shared, context.denseStart(client)) } }
        : record;
    const trained = await trainLocally(context, rowsOf(client), before, job, {
      ...turn,
      searchDue: due,
      residual: frozenChange,
    });
    const { shared, personal, remembered, update, search, flops, reused } = trained;
    const taken: ClientRecord = {
      ...record,
      state: personal ? { shared, personal } : { shared },
      used: undefined,
      remembered,
      registered: true,
      searched: due ? job.round : record.searched,
    };
    const { after, told } = usedAfterLocal ? await composed(client, taken, job.prior) : { after: taken, told: {} };
    if (job.keep) store.write(client, after);
    return {
      update,
      state: usedOf(after),
      search: search?.iterations ?? [],
      splitPairs: search?.splitPairs ?? null,
      flops,
      ...(reused ? { reused } : {}),
      ...told,
    };
  };
  /** One client after the other, or those together that search or step together. */
  const trainAsPlanned = (): Transport['train'] => {
    const { clientsAtOnce } = context.configuration;
    if (plan.search?.scope === 'federation')
      return searchTogether(
        (client, job, consensus) => trainOne(client, job, { consensus }),
        (client, job) => dueFor(recordOf(client), job),
      );
    if (clientsAtOnce === 1) return (client, job) => trainOne(client, job);
    return trainJointly(
      (client, job, company) => trainOne(client, job, { takeStep: company?.step(client) }),
      trainer,
      clientsAtOnce,
    );
  };

  return {
    clients: [...clients.keys()],
    architecture: (client) => recordOf(client).state.shared.architecture,
    personal: (client) => usedOf(recordOf(client)),
    changeFrozen: (residual) => {
      frozenChange = residual;
      trainer.setResidual(residual);
      evaluator.forget();
    },
    train: trainAsPlanned(),
    deliver: async (client, _round, download, prior) => {
      const record = recordOf(client);
      const own = record.state.shared;
      const { values, lambda } = await plan.adoption.make().adopt({
        own: own.values,
        received: overlay(own.values, download.mask, download.values),
        validate: validation(client),
      });
      const vectors = Object.entries(download.vectors ?? {}).map(([name, packed]) => [
        name,
        unpack(download.mask, packed),
      ]);
      const { after, told } = await composed(
        client,
        {
          ...record,
          state: { ...record.state, shared: { values, architecture: own.architecture } },
          received: { ...record.received, ...Object.fromEntries(vectors) },
        },
        prior,
      );
      store.write(client, after);
      return { state: usedOf(after), lambda, ...told };
    },
    evaluate: async (client, values) => evaluator.total(values, clients.get(client)!.test),
  };
}

/** The examples of all, one client after the other. */
function pool(parts: readonly StoredExamples[]): StoredExamples {
  const total = (count: (part: StoredExamples) => number) => parts.reduce((sum, part) => sum + count(part), 0);
  return {
    length: total(({ length }) => length),
    lossTokens: total(({ lossTokens }) => lossTokens),
    read: () => parts.flatMap((part) => part.read()),
  };
}

/** A client before its first round: the dense start, of both adapters where it has two. */
function newClient({ plan, denseStart }: MethodContext, client: string): ClientRecord {
  const shared = denseStart(client);
  const state = plan.personalization.secondAdapter ? { shared, personal: shared } : { shared };
  return { state, remembered: {}, received: {}, searched: 0, registered: false };
}

function searchDue(search: MethodContext['plan']['search'], searched: number, round: number): boolean {
  if (!search) return false;
  return searched === 0 || (search.every > 0 && round - searched >= search.every);
}

/** A dense adapter again, for the next search: the client's own live values, θ₀ elsewhere (ours). */
function regrow(own: AdapterState, dense: AdapterState): AdapterState {
  const values = overlay(dense.values, own.architecture, pack(own.values, own.architecture));
  return { values, architecture: dense.architecture };
}

/** A copy of values with packed values written over the positions of a mask. */
function overlay(values: Float32Array, mask: Architecture, packed: Float32Array): Float32Array {
  const copy = Float32Array.from(values);
  unpackInto(copy, mask, packed);
  return copy;
}
