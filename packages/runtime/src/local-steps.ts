import { type Batch, trainingBatches } from '@perfit/datasets';
import { compactLayout } from '@perfit/lora';
import type { Session } from '@perfit/training';
import type { ClientData, TrainingJob } from './contract.js';
import { stepFlops, type TokenCosts, tokenCosts } from './cost-book.js';
import type { TakeStep } from './joint-steps.js';
import type { MethodContext } from './run-context.js';

/** The steps that a client takes in one round: a search and the fine-tuning after it draw from the same stream of batches. */
export interface LocalSteps {
  /** How many steps a share of the round's is. */
  readonly ofShare: (share: number) => number;
  /** Takes steps on a session; returns their batches. */
  readonly take: (session: Session, count: number) => Promise<readonly Batch[]>;
  readonly taken: () => number;
  /** Floating-point operations so far, by the cost book. */
  readonly flops: () => number;
  /** Books passes over these batches, at a session's architecture. */
  readonly book: (session: Session, batches: readonly Batch[]) => void;
}

/** Lets the event loop turn, so that progress is drawn and Ctrl-C is heard. */
const breathe = () => new Promise<void>((resolve) => setImmediate(resolve));

/**
 * Opens a client's steps of one round. Whoever takes more than a round's steps (a second adapter) sees the same batches
 * again, at the same learning rates; pooled training takes the steps of all clients, at the rates of one.
 */
export function localSteps(
  context: MethodContext,
  client: ClientData,
  job: TrainingJob,
  takeStep: TakeStep = (session, batch, learningRate) => session.step(batch, learningRate),
): LocalSteps {
  const { configuration, streams, layout, learningRate, backbone, plan, data } = context;
  const crowd = plan.method.pools ? data.clients.length : 1;
  const round = configuration.steps * crowd;
  const ofShare = (share: number) => Math.round(share * round);
  const phases = plan.personalization.phases({ round: job.round, rounds: configuration.rounds });
  const total = ofShare(phases.reduce((sum, { share }) => sum + share, 0));
  const examples = client.train.read();
  const open = () =>
    trainingBatches({
      examples,
      batchSize: configuration.batchSize,
      random: streams.stream('batches', client.id, job.round),
    });
  const costs: TokenCosts = tokenCosts(backbone.config, backbone.sites);
  let batches = open();
  let step = 0;
  let flops = 0;
  const book = (session: Session, passed: readonly Batch[]) => {
    const { layout: live } = compactLayout(layout, session.architecture());
    for (const { ids, labels } of passed) flops += stepFlops(costs, live, ids.length, labels.length);
  };
  return {
    ofShare,
    taken: () => step,
    flops: () => flops,
    book,
    take: async (session, count) => {
      const used: Batch[] = [];
      for (let i = 0; i < count; i++) {
        await breathe();
        job.signal.throwIfAborted();
        const within = step % round;
        if (within === 0 && step > 0) batches = open();
        const batch = batches.next().value;
        const rate = learningRate.at((job.round - 1) * configuration.steps + Math.floor(within / crowd));
        const loss = await takeStep(session, batch, rate);
        used.push(batch);
        step++;
        job.report({ type: 'step', step, steps: total, loss, learningRate: rate });
        if (step === 1) job.report({ type: 'gradient-norms', ...session.gradientNorms() });
      }
      book(session, used);
      return used;
    },
  };
}
