import { defer, type Observable, of } from 'rxjs';
import type { RoundEvent, Sampler } from '../contract.js';
import { draftRound, type LoopState } from './loop-state.js';

/** Step 1: chooses the round's participants. */
export function sample(state: LoopState, sampler: Sampler, round: number): Observable<RoundEvent> {
  return defer(() => {
    draftRound(state, round);
    const { plan, streams } = state.context;
    state.participants = plan.method.trains
      ? sampler.sample(state.transport.clients, round, streams.stream('sample', '', round))
      : [];
    return of<RoundEvent>({ type: 'round-started', method: plan.name, round, participants: state.participants });
  });
}
