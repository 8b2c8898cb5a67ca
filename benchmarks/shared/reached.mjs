/** Seconds until a perplexity was first at or below a target times 1 + `tolerance`; null where it never was. */
export function secondsUntil(rounds, target, tolerance = 0) {
  return rounds.find(({ perplexity }) => perplexity <= target * (1 + tolerance))?.seconds ?? null;
}
