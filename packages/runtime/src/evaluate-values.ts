import { createHash } from 'node:crypto';
import { type Example, evaluationBatches } from '@perfit/datasets';
import { fullArchitecture } from '@perfit/lora';
import { type Backbone, frozenProjector } from '@perfit/models';
import type { Engine } from '@perfit/tensorflow';
import type { Session, Trainer } from '@perfit/training';
import { plainUpdate } from '@perfit/training';
import type { Loss } from './contract.js';
import { optimizer } from './optimizer.js';

/** Tokens of one evaluation batch: bounds the memory of evaluation. */
const MAX_TOKENS = 2048;

/** Scores adapters on examples. Owns one session on the engine. */
export interface Evaluator {
  /** Loss sum and tokens of each example, in order; `null` values: the frozen model. */
  readonly perExample: (values: Float32Array | null, examples: readonly Example[]) => readonly Loss[];
  /** Their total; the same values on the same examples are scored once. */
  readonly total: (values: Float32Array | null, examples: readonly Example[]) => Loss;
  /** Forgets what it has scored: the frozen weights have changed. */
  readonly forget: () => void;
  /** Ends every tensor that it owns. */
  readonly dispose: () => void;
}

/** What an evaluator scores with; without a trainer it knows the frozen model only. */
export interface EvaluatorParts {
  readonly engine: Engine;
  readonly backbone: Backbone;
  readonly trainer?: Trainer | undefined;
}

/** Opens an evaluator for adapters of the trainer's layout. */
export function openEvaluator({ engine, backbone, trainer }: EvaluatorParts): Evaluator {
  const frozen = frozenProjector(engine);
  let session: Session | undefined;
  let memory = new WeakMap<readonly Example[], Map<string, Loss>>();
  const perExample = (values: Float32Array | null, examples: readonly Example[]): readonly Loss[] => {
    if (values) {
      session ??= trainer!.open({
        state: { values: new Float32Array(values.length), architecture: fullArchitecture(values.length) },
        localUpdate: plainUpdate(),
        optimizer,
      });
      session.write(values);
    }
    const losses: Loss[] = new Array(examples.length);
    for (const { batch, indices } of evaluationBatches(examples, { maxTokens: MAX_TOKENS })) {
      const perToken = values ? session!.losses(batch) : frozenLosses(batch);
      const sums = new Float64Array(batch.examples);
      for (let m = 0; m < perToken.length; m++) sums[batch.lossExamples[m]!]! += perToken[m]!;
      for (const [j, index] of indices.entries()) losses[index] = { lossSum: sums[j]!, tokens: batch.tokens[j]! };
    }
    return losses;
  };
  const frozenLosses = (batch: Parameters<Backbone['losses']>[0]) => {
    const tensor = backbone.losses(batch, frozen);
    const host = engine.download(tensor);
    engine.dispose(tensor);
    return host;
  };
  return {
    perExample,
    total: (values, examples) => {
      const known = memory.get(examples) ?? new Map<string, Loss>();
      memory.set(examples, known);
      const key = values
        ? createHash('sha1')
            .update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
            .digest('hex')
        : 'frozen';
      const remembered = known.get(key);
      if (remembered) return remembered;
      const loss = sumLosses(perExample(values, examples));
      if (known.size >= 4) known.delete(known.keys().next().value!);
      known.set(key, loss);
      return loss;
    },
    forget: () => {
      memory = new WeakMap();
    },
    dispose: () => session?.dispose(),
  };
}

/** Adds up losses, in order. */
export const sumLosses = (losses: readonly Loss[]): Loss =>
  losses.reduce((sum, { lossSum, tokens }) => ({ lossSum: sum.lossSum + lossSum, tokens: sum.tokens + tokens }), {
    lossSum: 0,
    tokens: 0,
  });
