import { constantSchedule, cosineSchedule, type LearningRateSchedule } from '@perfit/training';
import type { Configuration } from './configuration.js';

/** The configured learning-rate schedule over `total` steps. */
export function learningRateSchedule(rate: Configuration['learningRate'], total: number): LearningRateSchedule {
  if (typeof rate === 'number') return constantSchedule({ peak: rate });
  const { peak, schedule, warmup, floor } = rate;
  return schedule === 'cosine' ? cosineSchedule({ peak, total, warmup, floor }) : constantSchedule({ peak, warmup });
}
