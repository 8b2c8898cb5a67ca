/** A similarity of two clients, at most 1, and the variance that it would have by chance alone. */
export interface PairMeasure {
  readonly value: number;
  readonly noise: number;
}

/** What separates the mean from 1 is nothing below this. */
const NOTHING = 1e-9;

/**
 * How far every pair lies above the mean x̄ of all pairs, as a part of what the mean lacks of 1, shrunk by what need not mean
 * anything:
 *
 *     t = λ (x − x̄) / (1 − x̄),   λ = τ² / (τ² + ν²),   τ² = var(x) − mean ν²
 *
 * ν² is what chance gives the pair, and no less than the spread that pairs of this federation have anyway: the mean square
 * distance from the median of the half, above or below it, that lies closer. Groups make one half wide and leave the other
 * narrow; where pairs differ as much to both sides, as those of clients who are all alike do by more than chance of
 * positions gives, nothing is left. So 1 is a pair that could not be more alike, 0 one that is as alike as pairs are here,
 * and what is common to all pairs, or scales all of them, does not matter. λ is the empirical Bayes estimate (Efron & Morris
 * 1973); that the null is read off the pairs themselves follows Efron (2004).
 *
 * @param measures undefined where nothing is known of a pair: its t is 0.
 * @returns undefined where pairs differ no more than that, or there are fewer than two.
 */
export function pairExcess(measures: readonly (PairMeasure | undefined)[]): readonly number[] | undefined {
  const known = measures.filter((measure) => measure !== undefined);
  if (known.length < 2) return undefined;
  const values = known.map(({ value }) => value);
  const center = mean(values);
  const variance = (mean(values.map((value) => (value - center) ** 2)) * known.length) / (known.length - 1);
  const anyway = narrowerHalf(values);
  const noiseOf = ({ noise }: PairMeasure) => Math.max(noise, anyway);
  const spread = variance - mean(known.map(noiseOf));
  if (!(spread > 0) || 1 - center < NOTHING) return undefined;
  return measures.map((measure) => {
    if (!measure) return 0;
    return ((spread / (spread + noiseOf(measure))) * (measure.value - center)) / (1 - center);
  });
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Mean square distance from the median of those below it, or of those above it: the smaller; 0 where a side is empty. */
function narrowerHalf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const median = (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2;
  const [below, above] = [sorted.filter((value) => value < median), sorted.filter((value) => value > median)].map(
    (half) => (half.length === 0 ? 0 : mean(half.map((value) => (value - median) ** 2))),
  );
  return Math.min(below!, above!);
}
