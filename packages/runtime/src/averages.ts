import type { Loss } from './contract.js';
import type { Averages } from './summary.js';

/** exp of the token-mean loss. */
export const perplexity = ({ lossSum, tokens }: Loss): number => Math.exp(lossSum / tokens);

/**
 * The three averages of perplexities over clients i with loss sums S_i over T_i tokens (law 10):
 *
 * - `clientMean` = mean_i exp(S_i / T_i)
 * - `expMeanLoss` = exp(mean_i S_i / T_i), their geometric mean
 * - `tokenWeighted` = exp(Σ S_i / Σ T_i)
 *
 * Clients without a figure are left out; with none, all three are null.
 */
export function averagesOf(losses: readonly (Loss | null)[]): Averages {
  const known = losses.filter((loss): loss is Loss => loss !== null && loss.tokens > 0);
  if (known.length === 0) return { clientMean: null, expMeanLoss: null, tokenWeighted: null };
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const total = known.reduce(
    (sum, { lossSum, tokens }) => ({ lossSum: sum.lossSum + lossSum, tokens: sum.tokens + tokens }),
    { lossSum: 0, tokens: 0 },
  );
  return {
    clientMean: mean(known.map(perplexity)),
    expMeanLoss: Math.exp(mean(known.map(({ lossSum, tokens }) => lossSum / tokens))),
    tokenWeighted: perplexity(total),
  };
}
