import { createHash } from 'node:crypto';
import { type Example, evaluationBatches } from '@perfit/datasets';
import { type Architecture, architectureFrom } from '@perfit/lora';
import { type Backbone, frozenProjector } from '@perfit/models';
import type { Engine, Tensor } from '@perfit/tensorflow';
import type { Trainer } from '@perfit/training';
import type { Loss, StoredExamples } from './contract.js';

/** Most tokens of one evaluation batch, unless it is one longer example, and most examples: they bound its memory. */
export const MAX_TOKENS = 2048;
export const MAX_EXAMPLES = 32;
const LIMITS = { maxTokens: MAX_TOKENS, maxExamples: MAX_EXAMPLES };

/** Scores adapters on examples. Nothing of it stays on the engine between two calls. */
export interface Evaluator {
  /** Loss sum and tokens of each example, in order; `null` values: the frozen model. */
  readonly perExample: (values: Float32Array | null, examples: readonly Example[]) => readonly Loss[];
  /** The total of stored examples; the same values on the same examples are scored once. */
  readonly total: (values: Float32Array | null, examples: StoredExamples) => Loss;
  /** Forgets what it has scored: the frozen weights have changed. */
  readonly forget: () => void;
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
  let memory = new WeakMap<StoredExamples, Map<string, Loss>>();
  const perExample = (values: Float32Array | null, examples: readonly Example[]): readonly Loss[] => {
    const adapter = values && trainer!.project({ values, architecture: nonZero(values) });
    const losses: Loss[] = new Array(examples.length);
    try {
      for (const { batch, indices } of evaluationBatches(examples, LIMITS)) {
        const perToken = read(backbone.losses(batch, adapter?.projector ?? frozen));
        const sums = new Float64Array(batch.examples);
        for (let m = 0; m < perToken.length; m++) sums[batch.lossExamples[m]!]! += perToken[m]!;
        for (const [j, index] of indices.entries()) losses[index] = { lossSum: sums[j]!, tokens: batch.tokens[j]! };
      }
    } finally {
      adapter?.dispose();
    }
    return losses;
  };
  const read = (tensor: Tensor): Float32Array => {
    const host = engine.download(tensor) as Float32Array;
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
      const loss = sumLosses(perExample(values, examples.read()));
      if (known.size >= 4) known.delete(known.keys().next().value!);
      known.set(key, loss);
      return loss;
    },
    forget: () => {
      memory = new WeakMap();
    },
  };
}

/** Where an adapter is not 0: what is pruned costs an evaluation nothing, even where nobody tells the architecture. */
function nonZero(values: Float32Array): Architecture {
  return architectureFrom(values.length, (position) => values[position] !== 0);
}

/** Adds up losses, in order. */
export const sumLosses = (losses: readonly Loss[]): Loss =>
  losses.reduce((sum, { lossSum, tokens }) => ({ lossSum: sum.lossSum + lossSum, tokens: sum.tokens + tokens }), {
    lossSum: 0,
    tokens: 0,
  });
