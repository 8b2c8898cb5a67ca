import type { Engine, Tensor } from '@perfit/tensorflow';
import type { LossGradient } from './loss-gradient.js';

/** Running sums of g and of F on the engine, read back once. Owns its tensors. */
export interface StatisticSums {
  /** Adds one batch; borrows its gradients. */
  readonly add: (found: LossGradient, examples: number) => void;
  /** Batches so far. */
  readonly batches: () => number;
  /** Σ gradients / `divisor`, and Σ squares / examples where there were any, on the host. */
  readonly means: (divisor: number) => { readonly gradient: Float32Array; readonly fisher?: Float32Array };
  readonly dispose: () => void;
}

/** Starts at nothing. */
export function statisticSums(engine: Engine): StatisticSums {
  let gradient: Tensor | undefined;
  let squared: Tensor | undefined;
  let batches = 0;
  let examples = 0;
  const accumulate = (sum: Tensor | undefined, more: Tensor): Tensor => {
    const next = sum ? engine.add(sum, more) : engine.cast(more, 'f32');
    engine.dispose(sum);
    return next;
  };
  const mean = (sum: Tensor, divisor: number) => (engine.download(sum) as Float32Array).map((value) => value / divisor);
  return {
    add: (found, count) => {
      gradient = accumulate(gradient, found.gradient);
      if (found.squared) squared = accumulate(squared, found.squared);
      batches++;
      examples += count;
    },
    batches: () => batches,
    means: (divisor) => ({
      gradient: mean(gradient!, divisor),
      ...(squared ? { fisher: mean(squared, examples) } : {}),
    }),
    dispose: () => {
      engine.dispose(gradient, squared);
      gradient = undefined;
      squared = undefined;
    },
  };
}
