import { type Batch, trainingBatches } from '@perfit/datasets';
import type { Session } from '@perfit/training';
import type { ClientData, TrainingJob } from './contract.js';
import { stepFlops, type TokenCosts, tokenCosts } from './cost-book.js';
import type { MethodContext } from './run-context.js';

/** The steps that a client takes in one round: a search and the fine-tuning after it draw from the same stream of batches. */
export interface LocalSteps {
  /** Takes steps; returns their batches. */
  readonly take: (count: number) => Promise<readonly Batch[]>;
  readonly taken: () => number;
  /** Floating-point operations so far, by the cost book. */
  readonly flops: () => number;
  /** Books backward passes without a step over these batches. */
  readonly book: (batches: readonly Batch[]) => void;
}

/** Lets the event loop turn, so that progress is drawn and Ctrl-C is heard. */
const breathe = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Opens a client's steps of one round. */
export function localSteps(context: MethodContext, client: ClientData, session: Session, job: TrainingJob): LocalSteps {
  const { configuration, streams, layout, learningRate, backbone } = context;
  const random = streams.stream('batches', client.id, job.round);
  const batches = trainingBatches({ examples: client.train, batchSize: configuration.batchSize, random });
  const costs: TokenCosts = tokenCosts(backbone.config, backbone.sites);
  let step = 0;
  let flops = 0;
  const book = (passed: readonly Batch[]) => {
    for (const { rows, length, labels } of passed) flops += stepFlops(costs, layout, rows * length, labels.length);
  };
  return {
    taken: () => step,
    flops: () => flops,
    book,
    take: async (count) => {
      const used: Batch[] = [];
      for (let i = 0; i < count; i++) {
        await breathe();
        job.signal.throwIfAborted();
        const batch = batches.next().value;
        const rate = learningRate.at((job.round - 1) * configuration.steps + step);
        const loss = session.step(batch, rate);
        used.push(batch);
        step++;
        job.report({ type: 'step', step, steps: configuration.steps, loss, learningRate: rate });
        if (step === 1) job.report({ type: 'gradient-norms', ...session.gradientNorms() });
      }
      book(used);
      return used;
    },
  };
}
