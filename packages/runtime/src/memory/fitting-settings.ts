import type { MemoryPlanner, MemorySettings } from './plan-memory.js';

/** Shortest examples that are worth a proposal, in tokens. */
const LEAST_TOKENS = 16;

/** The largest whole number from `least` to `most` that passes, where all below one that passes do too; undefined: none. */
function largestThat(least: number, most: number, passes: (value: number) => boolean): number | undefined {
  if (most < least || !passes(least)) return undefined;
  let [low, high] = [least, most];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (passes(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Whether a run under these settings stays within a limit in bytes. */
export const fits = (planner: MemoryPlanner, settings: MemorySettings, limit: number): boolean =>
  planner.under(settings).every(({ peak }) => peak.total <= limit);

/**
 * Changes of a run's settings after which it fits, by the same plan: each of `clientsAtOnce`, `batchSize` and `maxTokens`
 * alone, as large as can be, `activationCheckpointing` alone, which costs time and no bits, and `dtype` alone; where none is enough alone,
 * together. Empty where nothing helps.
 *
 * @param bf16 Whether the engine computes in bf16.
 */
export function fittingSettings(
  planner: MemoryPlanner,
  limit: number,
  bf16: boolean,
): readonly Readonly<Partial<MemorySettings>>[] {
  const { settings } = planner;
  const passes = (change: Partial<MemorySettings>) => fits(planner, { ...settings, ...change }, limit);
  const batch = (others: Partial<MemorySettings>) => {
    const batchSize = largestThat(1, settings.batchSize - 1, (value) => passes({ ...others, batchSize: value }));
    return batchSize === undefined ? [] : [{ ...others, batchSize }];
  };
  const shorter = (others: Partial<MemorySettings>) => {
    const maxTokens = largestThat(LEAST_TOKENS, settings.maxTokens - 1, (value) =>
      passes({ ...others, maxTokens: value }),
    );
    return maxTokens === undefined ? [] : [{ ...others, maxTokens }];
  };
  const fewer = largestThat(1, settings.clientsAtOnce - 1, (value) => passes({ clientsAtOnce: value }));
  const others = [
    ...(settings.clientsAtOnce === 1 ? [] : [{ clientsAtOnce: fewer ?? 1 }]),
    ...(settings.activationCheckpointing ? [] : [{ activationCheckpointing: true }]),
    ...(bf16 && settings.dtype === 'f32' ? [{ dtype: 'bf16' } as const] : []),
  ];
  const alone = [...others.filter(passes), ...batch({}), ...shorter({})];
  if (alone.length > 0) return alone;
  const two = [...others.flatMap((other) => [...batch(other), ...shorter(other)]), ...shorter({ batchSize: 1 })];
  if (two.length > 0) return two;
  const all: Partial<MemorySettings> = Object.assign({}, ...others);
  return [...batch(all), ...shorter({ ...all, batchSize: 1 })];
}
