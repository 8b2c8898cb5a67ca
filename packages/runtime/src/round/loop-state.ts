import type { Aggregator, Fold, ServerState } from '@perfit/aggregation';
import { type AdapterState, fullArchitecture } from '@perfit/lora';
import type { ClientDraft, Evidence, EvidenceByMoment, Prior, RoundDraft, Store, Transport } from '../contract.js';
import { residualBytes, residualRanks } from '../cost-book.js';
import { priorOf } from '../pooled-choice.js';
import type { MethodContext } from '../run-context.js';
import { everTravelling } from '../travel.js';

/** What the four steps of a round read and write; owned by the loop of one run. */
export interface LoopState {
  readonly context: MethodContext;
  readonly transport: Transport;
  readonly store: Store;
  readonly aggregator: Aggregator;
  /** Aborted when the subscriber leaves. */
  readonly signal: AbortSignal;
  server: ServerState;
  readonly drafts: RoundDraft[];
  evidence: EvidenceByMoment;
  // Set by one step of a round for the next.
  participants: readonly string[];
  fold: Fold | null;
  /** Ranks of the residual by site, and what the last round's change of it costs every client. */
  residualRanks: ReadonlyMap<string, number>;
  residualBytes: number;
}

/** An empty line of measurements for every client. */
export function draftRound(state: LoopState, round: number): RoundDraft {
  const clients = state.transport.clients.map(
    (id): ClientDraft => ({
      id,
      afterDistribution: null,
      afterLocal: null,
      global: null,
      live: 0,
      shared: 0,
      exclusive: 0,
      bytesUp: 0,
      bytesDown: 0,
      flops: 0,
    }),
  );
  const draft = { round, clients };
  state.drafts.push(draft);
  return draft;
}

/** A client's line in a round's draft; undefined before the first round. */
export const lineOf = (state: LoopState, round: number, client: string): ClientDraft | undefined =>
  state.drafts.find((draft) => draft.round === round)?.clients.find(({ id }) => id === client);

/** Whether anything travels in any round. */
export const isFederated = ({ context: { plan, layout } }: LoopState): boolean =>
  plan.method.trains && everTravelling(plan, layout).live > 0;

/** Tells every client what the server's rounds so far change of the frozen weights. */
export function changeFrozen(state: LoopState): void {
  const { aggregator, transport, server, context } = state;
  if (!aggregator.residual) return;
  const residual = aggregator.residual(server);
  const ranks = residualRanks(residual);
  state.residualBytes = residualBytes(context.layout.sites, state.residualRanks, ranks);
  state.residualRanks = ranks;
  transport.changeFrozen(residual);
}

/**
 * The adapter that a client uses after a distribution: its own, or the global module where the server has never heard of
 * it and something travels.
 */
export function adapterInUse(state: LoopState, client: string): AdapterState {
  const { transport, aggregator, store, context, server } = state;
  const { size } = context.layout;
  if (store.registry.has(client) || !isFederated(state)) return transport.personal(client);
  return {
    values: aggregator.globalModule(server),
    architecture: aggregator.sharedPositions(server, fullArchitecture(size)),
  };
}

/** Takes note of what a client told at one moment of a round. */
export function noteEvidence(
  state: LoopState,
  moment: keyof EvidenceByMoment,
  client: string,
  evidence: Evidence | undefined,
): void {
  if (evidence) state.evidence = { ...state.evidence, [moment]: { ...state.evidence[moment], [client]: evidence } };
}

/** What all clients' last evidence of a moment says: taken before any of them tells anew. */
export const priorAt = (state: LoopState, moment: keyof EvidenceByMoment): Prior | undefined =>
  priorOf(Object.values(state.evidence[moment]));
