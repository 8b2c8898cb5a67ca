import type { OptimizerOptions } from '@perfit/training';

/** AdamW as every method uses it (ours): no weight decay, gradients clipped to norm 1. */
export const optimizer: OptimizerOptions = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, clip: 1 };
