import { type AdapterState, type Architecture, pack, unpackInto } from '@perfit/lora';
import type { ClientData, ClientRecord, Store, Transport } from './contract.js';
import type { Evaluator } from './evaluate-values.js';
import { trainLocally } from './local-training.js';
import type { MethodContext } from './run-context.js';

/** Reaches clients that live in this process, one at a time, over one frozen model. */
export function localTransport(context: MethodContext, store: Store, evaluator: Evaluator): Transport {
  const clients = new Map<string, ClientData>(context.data.clients.map((client) => [client.id, client]));
  const { plan } = context;
  const recordOf = (client: string): ClientRecord =>
    store.read(client) ?? { state: { shared: context.denseStart(client) }, searched: 0, registered: false };
  const keep = (client: string, record: ClientRecord, shared: AdapterState, changes: Partial<ClientRecord> = {}) =>
    store.write(client, { ...record, ...changes, state: { ...record.state, shared } });

  return {
    clients: [...clients.keys()],
    architecture: (client) => recordOf(client).state.shared.architecture,
    personal: (client) => recordOf(client).state.shared,
    train: async (client, job) => {
      const record = recordOf(client);
      // A first search is always due: without one a client would train dense, over its budget.
      const due = searchDue(plan.search, record.searched, job.round) && (job.maySearch || record.searched === 0);
      const from =
        due && record.searched > 0 ? regrow(record.state.shared, context.denseStart(client)) : record.state.shared;
      const trained = await trainLocally(context, clients.get(client)!, from, job, due);
      if (job.keep)
        keep(client, record, trained.state, { registered: true, searched: due ? job.round : record.searched });
      return trained;
    },
    deliver: async (client, _round, download) => {
      const record = recordOf(client);
      const own = record.state.shared;
      const received = overlay(own.values, download.mask, download.values);
      const { validation } = clients.get(client)!;
      const { values, lambda } = await plan.adoption.make().adopt({
        own: own.values,
        received,
        validate: async (candidate) => {
          if (validation.length === 0) return Number.POSITIVE_INFINITY;
          const { lossSum, tokens } = evaluator.total(candidate, validation);
          return lossSum / tokens;
        },
      });
      const state = { values, architecture: own.architecture };
      keep(client, record, state);
      return { state, lambda };
    },
    evaluate: async (client, values) => evaluator.total(values, clients.get(client)!.test),
  };
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
