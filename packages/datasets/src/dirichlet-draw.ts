import type { Random } from '@perfit/strategy';
import { randomGamma } from 'd3-random';

/**
 * One draw from the symmetric Dirichlet distribution Dir(β, …, β) over `n` parts: positive shares that sum to 1.
 *
 * Gamma(β) is drawn as Gamma(β + 1) · U^(1/β) in logarithms (Marsaglia & Tsang 2000, section 8): for β near 0, where
 * U^(1/β) underflows in all parts at once, the shares still sum to 1.
 */
export function dirichletDraw(n: number, beta: number, random: Random): number[] {
  const gamma = randomGamma.source(random)(beta + 1);
  const logs = Array.from({ length: n }, () => Math.log(gamma()) + Math.log(1 - random()) / beta);
  const top = Math.max(...logs);
  const weights = logs.map((log) => Math.exp(log - top));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}
