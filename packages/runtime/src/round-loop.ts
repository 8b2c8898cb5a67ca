import type { AdapterState, LowRankFactor } from '@perfit/lora';
import { concat, defer, EMPTY, finalize, type Observable, of } from 'rxjs';
import type { Sampler, Store, Transport } from './contract.js';
import { aggregate } from './round/aggregate.js';
import { distribute } from './round/distribute.js';
import { adapterInUse, changeFrozen, type LoopState, priorAt } from './round/loop-state.js';
import { sample } from './round/sample.js';
import { localStepsAreScored } from './round/scored.js';
import { train, trainClient } from './round/train.js';
import type { RoundEvent } from './round-event.js';
import { recordOf } from './round-record.js';
import type { MethodContext } from './run-context.js';
import type { RoundRecord } from './summary.js';

/** What the loop needs beside the method's context. */
export interface LoopWorld {
  readonly transport: Transport;
  readonly store: Store;
  readonly sampler: Sampler;
  /** Saves what a reader of the run directory needs, after every whole round and at the end. */
  readonly save: (
    rounds: readonly RoundRecord[],
    moment: 'distributed' | 'local',
    adapterOf: (client: string) => AdapterState,
    /** What the server's rounds change of the frozen weights. */
    residual: readonly LowRankFactor[],
  ) => void;
  /** Whether clients keep the local steps that follow the last round. */
  readonly keepLocal: boolean;
}

/**
 * One method's run as one cold, flat stream of events. Nothing happens before it is subscribed; leaving it stops the
 * run between two steps. Starts after the last whole round that the store holds.
 */
export function roundLoop(
  context: MethodContext,
  { transport, store, sampler, save, keepLocal }: LoopWorld,
): Observable<RoundEvent> {
  return defer(() => {
    const { plan, configuration, layout, engine, data, streams, start } = context;
    const { rounds } = configuration;
    const saved = store.restore();
    const aggregator = plan.aggregator.make();
    const stop = new AbortController();
    const state: LoopState = {
      context,
      transport,
      store,
      aggregator,
      signal: stop.signal,
      server: saved?.server ?? aggregator.initialize(layout, start.values),
      drafts: structuredClone([...(saved?.drafts ?? [])]),
      evidence: saved?.evidence ?? { afterLocal: {}, afterDistribution: {} },
      participants: [],
      fold: null,
      residualRanks: new Map(),
      residualBytes: 0,
    };
    if (saved) changeFrozen(state);
    const from = (saved?.round ?? 0) + 1;
    const budget = Math.max(...transport.clients.map((client) => context.budget(client)));
    const started: RoundEvent = {
      type: 'run-started',
      method: plan.name,
      seed: streams.seed,
      rounds,
      from,
      clients: transport.clients,
      engine: engine.description,
      layout: { sites: layout.sites.length, rank: layout.rank, positions: layout.size, budget },
      partition: data.partition.report,
    };
    const playRound = (round: number) =>
      concat(
        sample(state, sampler, round), // 1
        train(state, round), // 2
        aggregate(state, round), // 3
        distribute(state, round), // 4
      );
    const records = () => state.drafts.map(recordOf);
    const saveRounds = (moment: 'distributed' | 'local') =>
      defer(() => {
        const adapterOf = moment === 'local' ? transport.personal : (client: string) => adapterInUse(state, client);
        save(records(), moment, adapterOf, aggregator.residual?.(state.server) ?? []);
        return EMPTY;
      });
    // The local steps that would follow the last round: for their figure, and for a method that ends in them.
    const afterwards = localStepsAreScored(state, rounds)
      ? defer(() => {
          const job = {
            keep: keepLocal,
            maySearch: false,
            participants: transport.clients,
            prior: priorAt(state, 'afterLocal'),
          };
          return concat(...transport.clients.map((client) => trainClient(state, client, rounds + 1, job, () => {})));
        })
      : EMPTY;
    return concat(
      of(started),
      ...Array.from({ length: Math.max(0, rounds - from + 1) }, (_, index) =>
        defer(() => concat(playRound(from + index), saveRounds('distributed'))),
      ),
      afterwards,
      saveRounds('local'),
      defer(() => of<RoundEvent>({ type: 'run-completed', method: plan.name, rounds: records() })),
    ).pipe(finalize(() => stop.abort()));
  });
}
