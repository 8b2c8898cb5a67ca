import type { PairedDifference } from '../paired-differences.js';
import type { Spread } from './student-interval.js';
import type { SweepResults } from './sweep-results.js';

/** A sweep for reading: one row a cell, or a cell and method. */
export interface SweepTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** What the figures are, in sentences. */
  readonly legend: string;
}

const figure = (value: number) => (value >= 1000 ? value.toExponential(2) : value.toPrecision(4));

/** An amount without an exponent: seconds, megabytes. */
const amount = (value: number) => (value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3))));
const costs = (values: readonly (Spread | null)[], unit: number) =>
  values.map((value) => (value === null ? '–' : amount(value.mean / unit))).join(' + ');

function spread(value: Spread | null): string {
  if (value === null) return '–';
  const center = figure(value.mean);
  return value.interval === null ? center : `${center} ± ${amount(value.interval[1] - value.mean)}`;
}

const ratio = (paired: PairedDifference | null) =>
  paired === null
    ? '–'
    : `${paired.ratio.toFixed(3)} [${paired.interval.map((bound) => Math.exp(bound).toFixed(3)).join(', ')}]`;

/** Renders results: perplexities as the mean of the clients', costs in MB and TFLOP. */
export function sweepTable({ rows, seeds, baseline, machine }: SweepResults): SweepTable {
  const against = baseline.method === null ? baseline.cell : `${baseline.cell}/${baseline.method}`;
  const reused = rows.flatMap((row) => row.seeds).reduce((sum, seed) => sum + seed.reused, 0);
  const { cpu, cores, node, engine } = machine;
  return {
    head: [
      'cell',
      'after distribution',
      'after local steps',
      'global',
      'ratio, distribution',
      'ratio, local steps',
      'MB up + down',
      'TFLOP',
      'seconds',
    ],
    rows: rows.map(({ name, perplexity: { personal, global }, paired, bytesUp, bytesDown, flops, seconds }) => [
      name,
      spread(personal.afterDistribution.clientMean),
      spread(personal.afterLocal.clientMean),
      spread(global.clientMean),
      ratio(paired.afterDistribution),
      ratio(paired.afterLocal),
      costs([bytesUp, bytesDown], 1e6),
      costs([flops], 1e12),
      costs([seconds], 1),
    ]),
    legend: [
      `Seeds ${seeds.join(', ')}; ${cpu}, ${cores} cores, Node ${node}, ${engine.kind} ${engine.version}, ${engine.threads} threads.`,
      'Perplexity: mean over clients, then mean over seeds ± 95 % interval (Student).',
      `Ratios against ${against}: geometric means, paired per client and seed, [95 % bootstrap interval].`,
      ...(reused > 0
        ? [`${reused} first local trainings were taken over from another cell, with the seconds that they took there.`]
        : []),
    ].join(' '),
  };
}
