/** Mean of the two middle values where there is an even number of them. */
export function median(values) {
  if (values.length === 0) throw new Error('the median of no values');
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Median, smallest and largest of repeated measurements. */
export const spread = (values) => ({
  median: median(values),
  min: Math.min(...values),
  max: Math.max(...values),
});

/** Spread of a / b over repeats that took turns: the i-th of one side goes with the i-th of the other. */
export function pairedRatio(a, b) {
  if (a.length !== b.length) throw new Error(`${a.length} measurements against ${b.length}`);
  return spread(a.map((value, i) => value / b[i]));
}

/** Sum of numbers. */
export const sum = (values) => values.reduce((total, value) => total + value, 0);

/** Largest |a − b| over two lists, divided by the largest |b|; the shorter list decides how far. 0 where nothing differs. */
export function largestDifference(a, b) {
  let [worst, scale] = [0, 0];
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    worst = Math.max(worst, Math.abs(a[i] - b[i]));
    scale = Math.max(scale, Math.abs(b[i]));
  }
  return worst === 0 ? 0 : worst / scale;
}
