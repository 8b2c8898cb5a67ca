// What the tables of the examples have in common.
import { availableParallelism, cpus } from 'node:os';

/** Where the runs were computed, of which `jobs` shared the cores. */
export function machine(jobs) {
  const threads = Math.max(1, Math.floor(availableParallelism() / jobs));
  return `${cpus()[0].model}, ${cpus().length} cores, ${threads} threads a run, Node ${process.versions.node}`;
}

/** A paired difference as a ratio of perplexities with its interval; – where there is none. */
export const ratio = (pair) =>
  pair ? `${pair.ratio.toFixed(3)} [${pair.interval.map((bound) => Math.exp(bound).toFixed(3)).join(', ')}]` : '–';
