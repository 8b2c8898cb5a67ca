import type { LearningRateSchedule } from './contract.js';
import { errors } from './errors.js';
import { checkRate, checkSteps } from './learning-rate.js';

/**
 * A linear warm-up to the peak, then half a cosine down to the floor (Loshchilov & Hutter 2017):
 * η(t) = peak · (t+1)/warmup for t < warmup, else floor + ½ (peak − floor)(1 + cos π (t − warmup)/(total − warmup)).
 *
 * @example
 * cosineSchedule({ peak: 1e-3, total: 100, warmup: 10, floor: 0 }).at(0); // 1e-4
 */
export function cosineSchedule({
  peak,
  total,
  warmup,
  floor,
}: {
  readonly peak: number;
  /** Steps in all. */
  readonly total: number;
  /** Steps of the warm-up, fewer than `total`. */
  readonly warmup: number;
  readonly floor: number;
}): LearningRateSchedule {
  checkRate('peak', peak);
  checkRate('floor', floor);
  checkSteps('schedule', total);
  checkSteps('warm-up', warmup);
  if (warmup >= total)
    throw errors.make('bad-option', {
      what: `a schedule of ${total} steps has a warm-up of ${warmup}`,
      cure: 'Make the warm-up shorter than the whole',
    });
  return {
    at: (step) => {
      if (step < warmup) return (peak * (step + 1)) / warmup;
      const done = Math.min(1, (step - warmup) / (total - warmup));
      return floor + 0.5 * (peak - floor) * (1 + Math.cos(Math.PI * done));
    },
  };
}
