import { intersect } from '@perfit/lora';
import { concat, defer, EMPTY, mergeMap, type Observable, of } from 'rxjs';
import { perplexity } from '../averages.js';
import type { Loss, Prior } from '../contract.js';
import { downloadBytes, evidenceBytes, priorBytes } from '../cost-book.js';
import type { RoundEvent } from '../round-event.js';
import { recordOf } from '../round-record.js';
import { everTravelling, travelling } from '../travel.js';
import {
  adapterInUse,
  changeFrozen,
  isFederated,
  type LoopState,
  lineOf,
  noteEvidence,
  priorAt,
} from './loop-state.js';
import { isScored } from './scored.js';

/** Step 4: every client gets its download and adopts it; then everyone is scored where the round is, and the round is saved. */
export function distribute(state: LoopState, round: number): Observable<RoundEvent> {
  const { name: method } = state.context.plan;
  return concat(
    defer(() => {
      changeFrozen(state);
      return EMPTY;
    }),
    defer(() => {
      const prior = priorAt(state, 'afterDistribution');
      return concat(
        ...state.transport.clients.map((client) =>
          defer(() => distributeTo(state, client, round, prior)).pipe(mergeMap((events) => events)),
        ),
      );
    }),
    defer(() => {
      const draft = state.drafts.at(-1)!;
      state.store.checkpoint({ round, server: state.server, drafts: state.drafts, evidence: state.evidence });
      return of<RoundEvent>({ type: 'round-completed', method, round, record: recordOf(draft) });
    }),
  );
}

async function distributeTo(
  state: LoopState,
  client: string,
  round: number,
  prior: Prior | undefined,
): Promise<readonly RoundEvent[]> {
  const { transport, aggregator, context } = state;
  const { plan, layout } = context;
  state.signal.throwIfAborted();
  const line = lineOf(state, round, client)!;
  const about = { method: plan.name, round, client };
  const events: RoundEvent[] = [];
  const federated = isFederated(state);
  const globalModule = federated ? aggregator.globalModule(state.server) : null;
  let values: Float32Array | null = null;
  if (plan.method.trains) {
    if (federated) {
      const travels = travelling(plan, layout, transport.architecture(client), round);
      const download = aggregator.download(state.server, { client, architecture: travels });
      const { lambda, evidence } = await transport.deliver(client, round, download, prior);
      noteEvidence(state, 'afterDistribution', client, evidence);
      line.bytesUp += evidenceBytes(evidence);
      line.bytesDown += downloadBytes(download, travels, plan.codec) + state.residualBytes + priorBytes(prior);
      events.push({ type: 'client-adopted', ...about, lambda, bytesDown: line.bytesDown });
    }
    const { values: own, architecture } = adapterInUse(state, client);
    values = own;
    line.live = architecture.live;
    const travels = intersect(architecture, everTravelling(plan, layout));
    line.shared = federated ? aggregator.sharedPositions(state.server, travels).live : 0;
    line.exclusive = line.live - line.shared;
  }
  if (!isScored(state, round)) return events;
  const scored = (module: 'personal' | 'global', loss: Loss) =>
    events.push({
      type: 'client-evaluated',
      ...about,
      module,
      moment: 'afterDistribution',
      perplexity: perplexity(loss),
      tokens: loss.tokens,
    });
  line.afterDistribution = await transport.evaluate(client, values);
  scored('personal', line.afterDistribution);
  if (globalModule && context.configuration.evaluation.global) {
    line.global = await transport.evaluate(client, globalModule);
    scored('global', line.global);
  }
  return events;
}
