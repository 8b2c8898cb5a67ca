import type { LearningRateSchedule } from './contract.js';
import { checkRate, checkSteps } from './learning-rate.js';

/** The same learning rate at every step, after a linear warm-up: η(t) = peak · min(1, (t+1)/warmup). */
export function constantSchedule({
  peak,
  warmup = 0,
}: {
  readonly peak: number;
  /** Steps of the warm-up. */
  readonly warmup?: number | undefined;
}): LearningRateSchedule {
  checkRate('peak', peak);
  checkSteps('warm-up', warmup);
  return { at: (step) => (step < warmup ? (peak * (step + 1)) / warmup : peak) };
}
