import type { Evidence, Loss, Prior } from './contract.js';

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/**
 * Evidence of one client, from each candidate's losses on the same rows. The mean difference is a ratio of sums over rows
 * r, d = Σ Δ_r / Σ t_r (Δ: loss sums, t: tokens), and its variance that of a ratio, n / (n − 1) · Σ (Δ_r − d t_r)² / (Σ t_r)².
 *
 * @returns undefined of fewer than two rows, or where losses are not finite.
 */
export function evidenceOf([first, ...others]: readonly (readonly Loss[])[]): Evidence | undefined {
  if (!first || first.length < 2) return undefined;
  const tokens = sum(first.map((row) => row.tokens));
  const told = others.map((losses) => {
    const apart = losses.map(({ lossSum }, row) => lossSum - first[row]!.lossSum);
    const difference = sum(apart) / tokens;
    const squares = sum(apart.map((value, row) => (value - difference * first[row]!.tokens) ** 2));
    return { difference, variance: ((first.length / (first.length - 1)) * squares) / tokens ** 2 };
  });
  const evidence = {
    differences: told.map(({ difference }) => difference),
    variances: told.map(({ variance }) => variance),
  };
  return allFinite(evidence) ? evidence : undefined;
}

function allFinite({ differences, variances }: Evidence): boolean {
  return [...differences, ...variances].every(Number.isFinite);
}

/**
 * The prior of a random-effects model (DerSimonian & Laird 1986, their moment estimator with equal weights): μ the mean of
 * the clients' differences, τ² = max(0, their sample variance − the mean of their variances).
 *
 * @returns undefined of fewer than two clients.
 */
export function priorOf(evidence: readonly Evidence[]): Prior | undefined {
  const known = evidence.filter(allFinite);
  const [first] = known;
  if (!first || known.length < 2) return undefined;
  const n = known.length;
  const of = first.differences.map((_, k) => {
    const mean = sum(known.map(({ differences }) => differences[k]!)) / n;
    const spread = sum(known.map(({ differences }) => (differences[k]! - mean) ** 2)) / (n - 1);
    return { mean, variance: Math.max(0, spread - sum(known.map(({ variances }) => variances[k]!)) / n) };
  });
  return { means: of.map(({ mean }) => mean), variances: of.map(({ variance }) => variance) };
}

/**
 * Which candidate to take: the lowest by a client's own difference d shrunk towards the prior, μ + τ² / (τ² + v) (d − μ);
 * by the one where the other is not known; the first where neither is, and in a draw the earlier.
 */
export function chooseCandidate(own: Evidence | undefined, prior: Prior | undefined): number {
  const count = own?.differences.length ?? prior?.means.length ?? 0;
  const shrunk = Array.from({ length: count }, (_, k) => {
    const difference = own?.differences[k];
    const mean = prior?.means[k];
    if (difference === undefined || mean === undefined) return difference ?? mean ?? 0;
    const [between, within] = [prior!.variances[k]!, own!.variances[k]!];
    return between + within > 0 ? mean + (between / (between + within)) * (difference - mean) : difference;
  });
  return [0, ...shrunk].reduce((best, value, k, all) => (value < all[best]! ? k : best), 0);
}
