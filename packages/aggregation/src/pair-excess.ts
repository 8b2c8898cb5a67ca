/** A similarity of two clients, at most 1, and the variance that it would have by chance alone. */
export interface PairMeasure {
  readonly value: number;
  readonly noise: number;
}

/** What separates the mean from 1 is nothing below this. */
const NOTHING = 1e-9;

/**
 * How far every pair lies above the mean x̄ of all pairs, as a part of what the mean lacks of 1, shrunk by what chance may
 * have to do with it:
 *
 *     t = λ (x − x̄) / (1 − x̄),   λ = τ² / (τ² + noise),   τ² = var(x) − mean noise
 *
 * So 1 is a pair that could not be more alike, 0 one that is as alike as pairs are here, and what is common to all pairs,
 * or scales all of them, does not matter. λ is the empirical Bayes estimate (Efron & Morris 1973).
 *
 * @param measures undefined where nothing is known of a pair: its t is 0.
 * @returns undefined where pairs differ no more than chance lets them, or there are fewer than two.
 */
export function pairExcess(measures: readonly (PairMeasure | undefined)[]): readonly number[] | undefined {
  const known = measures.filter((measure) => measure !== undefined);
  if (known.length < 2) return undefined;
  const mean = (of: (measure: PairMeasure) => number) =>
    known.reduce((sum, measure) => sum + of(measure), 0) / known.length;
  const center = mean(({ value }) => value);
  const variance = (mean(({ value }) => (value - center) ** 2) * known.length) / (known.length - 1);
  const spread = variance - mean(({ noise }) => noise);
  if (!(spread > 0) || 1 - center < NOTHING) return undefined;
  return measures.map((measure) => {
    if (!measure) return 0;
    return ((spread / (spread + measure.noise)) * (measure.value - center)) / (1 - center);
  });
}
