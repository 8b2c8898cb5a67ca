import { defer, type Observable, of } from 'rxjs';
import type { Sampler } from '../contract.js';
import type { RoundEvent } from '../round-event.js';
import { draftRound, type LoopState } from './loop-state.js';

/** Step 1: chooses the round's participants. */
export function sample(state: LoopState, sampler: Sampler, round: number): Observable<RoundEvent> {
  return defer(() => {
    draftRound(state, round);
    const { plan, streams } = state.context;
    const { clients } = state.transport;
    if (!plan.method.trains) state.participants = [];
    else if (plan.method.pools) state.participants = clients.slice(0, 1);
    else state.participants = sampler.sample(clients, round, streams.stream('sample', '', round));
    return of<RoundEvent>({ type: 'round-started', method: plan.name, round, participants: state.participants });
  });
}
