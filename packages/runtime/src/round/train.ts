import { equalArchitectures } from '@perfit/lora';
import { concat, defer, from, Observable } from 'rxjs';
import { perplexity } from '../averages.js';
import type { Trained, TrainingJob } from '../contract.js';
import { evidenceBytes, priorBytes, uploadBytes } from '../cost-book.js';
import type { RoundEvent } from '../round-event.js';
import { type LoopState, lineOf, noteEvidence, priorAt } from './loop-state.js';
import { localStepsAreScored } from './scored.js';

/** Step 2: every participant takes its local steps; each update is folded in as it comes, in client order. */
export function train(state: LoopState, round: number): Observable<RoundEvent> {
  return defer(() => {
    const { layout, scale, streams, plan } = state.context;
    state.fold = state.aggregator.fold(state.server, {
      layout,
      scale,
      round,
      random: streams.stream('aggregate', '', round),
      registered: (client) => state.store.registry.get(client),
    });
    const prior = priorAt(state, 'afterLocal');
    return concat(
      ...state.participants.map((client) =>
        trainClient(
          state,
          client,
          round,
          { keep: true, maySearch: true, participants: state.participants, prior },
          (trained) => {
            const { update } = trained;
            const known = state.store.registry.get(client);
            const line = lineOf(state, round, client)!;
            line.bytesUp =
              uploadBytes(update, known !== undefined && equalArchitectures(known, update.architecture), plan.codec) +
              evidenceBytes(trained.evidence);
            line.bytesDown += priorBytes(prior);
            line.flops = trained.flops;
            state.fold!.add(update);
            state.store.registry.set(client, update.architecture);
          },
        ),
      ),
    );
  });
}

/** Local steps of one client, its progress, and how well its adapter does right after them (round − 1's `afterLocal`). */
export function trainClient(
  state: LoopState,
  client: string,
  round: number,
  job: Pick<TrainingJob, 'keep' | 'maySearch' | 'participants' | 'prior'>,
  take: (trained: Trained) => void,
): Observable<RoundEvent> {
  const { name: method } = state.context.plan;
  return new Observable<RoundEvent>((subscriber) => {
    const about = { method, round, client };
    const work = async () => {
      const trained = await state.transport.train(client, {
        ...job,
        round,
        signal: state.signal,
        report: (event) => subscriber.next({ ...about, ...event }),
      });
      take(trained);
      noteEvidence(state, 'afterLocal', client, trained.evidence);
      const { update, flops, splitPairs, reused } = trained;
      const bytesUp = lineOf(state, round, client)?.bytesUp ?? 0;
      subscriber.next({
        type: 'client-trained',
        ...about,
        examples: update.examples,
        live: update.architecture.live,
        bytesUp,
        flops,
        splitPairs,
        ...(reused ? { reused } : {}),
      });
      const before = lineOf(state, round - 1, client);
      if (!before || !localStepsAreScored(state, round - 1)) return;
      before.afterLocal = await state.transport.evaluate(client, trained.state.values);
      subscriber.next({
        type: 'client-evaluated',
        ...about,
        round: round - 1,
        module: 'personal',
        moment: 'afterLocal',
        perplexity: perplexity(before.afterLocal),
        tokens: before.afterLocal.tokens,
      });
    };
    const subscription = from(work()).subscribe({
      error: (error) => subscriber.error(error),
      complete: () => subscriber.complete(),
    });
    return () => subscription.unsubscribe();
  });
}
