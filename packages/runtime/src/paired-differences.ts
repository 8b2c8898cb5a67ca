import type { Random } from '@perfit/strategy';
import { mean, quantileSorted } from 'simple-statistics';
import type { Comparison } from './run-directory.js';

/** How a method's clients do against a baseline's, client by client. */
export interface PairedDifference {
  readonly method: string;
  readonly baseline: string;
  /** Per client: ln(perplexity) − ln(perplexity of the baseline); below 0: better. */
  readonly clients: Readonly<Record<string, number>>;
  /** Their mean, and its 95 % bootstrap interval over clients (percentile method). */
  readonly mean: number;
  readonly interval: readonly [number, number];
  /** exp(mean): the ratio of geometric-mean perplexities. */
  readonly ratio: number;
}

/** Which adapters are compared: right after distribution, or after the next local steps. */
export type Moment = 'afterDistribution' | 'afterLocal';

/** Clients' perplexities by method: what a paired difference looks at in a comparison. */
export interface ComparedClients {
  readonly methods: Readonly<Record<string, Pick<Comparison['methods'][string], 'clients'>>>;
}

const RESAMPLES = 10_000;

/**
 * Paired differences of log perplexity between a method and a baseline over their common clients; `random` draws the
 * bootstrap resamples. Null where one of them has no figure at that moment.
 */
export function pairedDifference(
  { methods }: ComparedClients,
  [method, methodMoment]: readonly [string, Moment],
  [baseline, baselineMoment]: readonly [string, Moment],
  random: Random,
): PairedDifference | null {
  const own = methods[method]?.clients ?? {};
  const other = methods[baseline]?.clients ?? {};
  const pairs = Object.keys(own).flatMap((id) => {
    const a = own[id]?.personal[methodMoment];
    const b = other[id]?.personal[baselineMoment];
    return a && b ? [[id, Math.log(a) - Math.log(b)] as const] : [];
  });
  if (pairs.length === 0) return null;
  const differences = pairs.map(([, difference]) => difference);
  const means = Array.from({ length: RESAMPLES }, () =>
    mean(differences.map(() => differences[Math.floor(random() * differences.length)]!)),
  );
  means.sort((a, b) => a - b);
  const center = mean(differences);
  return {
    method,
    baseline,
    clients: Object.fromEntries(pairs),
    mean: center,
    interval: [quantileSorted(means, 0.025), quantileSorted(means, 0.975)],
    ratio: Math.exp(center),
  };
}
