import { defer, type Observable, of } from 'rxjs';
import { maskOverlap } from '../mask-overlap.js';
import type { RoundEvent } from '../round-event.js';
import type { LoopState } from './loop-state.js';

/** Step 3: the folded updates become the next server state. */
export function aggregate(state: LoopState, round: number): Observable<RoundEvent> {
  return defer(() => {
    if (state.participants.length > 0) state.server = state.fold!.finish();
    state.fold = null;
    const { plan } = state.context;
    const { store, transport, aggregator, server } = state;
    const masks = plan.search
      ? maskOverlap(
          store.registry,
          transport.clients,
          (mask) => aggregator.sharedPositions(server, mask),
          plan.expansion,
        )
      : null;
    return of<RoundEvent>({ type: 'aggregated', method: plan.name, round, updates: state.participants.length, masks });
  });
}
