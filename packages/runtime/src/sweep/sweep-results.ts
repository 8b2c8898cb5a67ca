import { cpus } from 'node:os';
import { basename } from 'node:path';
import type { EngineDescription } from '@perfit/tensorflow';
import type { Configuration, MethodEntry } from '../configuration.js';
import type { MethodPlan } from '../method-plan.js';
import { type ComparedClients, type Moment, type PairedDifference, pairedDifference } from '../paired-differences.js';
import { randomStreams } from '../random-streams.js';
import type { Averages, ClientRound, MethodSummary, RoundAverages } from '../summary.js';
import type { Timings } from '../timings.js';
import type { CellSet } from './cell-name.js';
import type { SweepCell, SweepPlan } from './plan-sweep.js';
import { poolSeeds, type SeedClients } from './pool-seeds.js';
import { type Spread, studentInterval } from './student-interval.js';

/** A complete run of one method of one cell under one seed. */
export interface FinishedRun {
  readonly cell: SweepCell;
  readonly plan: MethodPlan;
  readonly seed: number;
  readonly summary: MethodSummary;
  readonly timings: Timings;
}

/** What one run came to: perplexities of its last round, costs of all its rounds. */
export interface SweepSeed extends SeedClients {
  readonly averages: RoundAverages;
  readonly bytesUp: number;
  readonly bytesDown: number;
  readonly flops: number;
  /** Wall time, with that of local steps taken over where they were taken. Of a run that was interrupted: since it went on. */
  readonly seconds: number;
  /** Client trainings taken over from another cell. */
  readonly reused: number;
}

/** The three averages, each over seeds. */
export type SpreadAverages = Readonly<Record<keyof Averages, Spread | null>>;

/** One method of one cell over all seeds. */
export interface SweepRow {
  /** The cell's name, and the method's where the cell has several. */
  readonly name: string;
  readonly cell: string;
  readonly method: string;
  readonly set: CellSet;
  /** Every strategy with its options. */
  readonly strategies: MethodEntry;
  readonly seeds: readonly SweepSeed[];
  readonly perplexity: {
    readonly personal: Readonly<Record<Moment, SpreadAverages>>;
    readonly global: SpreadAverages;
  };
  readonly bytesUp: Spread | null;
  readonly bytesDown: Spread | null;
  readonly flops: Spread | null;
  readonly seconds: Spread | null;
}

/** A row held against the baseline's, client by client and seed by seed. */
export interface ComparedRow extends SweepRow {
  readonly paired: { readonly baseline: string } & Readonly<Record<Moment, PairedDifference | null>>;
}

/** `results.json` of a sweep. */
export interface SweepResults {
  readonly schema: string;
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    readonly node: string;
    readonly engine: EngineDescription;
  };
  readonly seeds: readonly number[];
  readonly baseline: SweepPlan['baseline'];
  /** Keys that vary, in the order in which they were given. */
  readonly varied: readonly string[];
  /** What all cells have in common, before what they change; without paths. */
  readonly configuration: Configuration;
  readonly rows: readonly ComparedRow[];
}

const SCHEMA = 'perfit-sweep/1';

/** Rows of one cell, out of the runs that are complete. */
export function cellResults({ name, plans }: SweepCell, finished: readonly FinishedRun[]): readonly SweepRow[] {
  return plans.map((plan) => {
    const runs = finished.filter((run) => run.cell.name === name && run.plan.name === plan.name);
    return rowOf(plans.length === 1 ? name : `${name}/${plan.name}`, runs);
  });
}

/** All cells, each held against the baseline. */
export function sweepResults(
  plan: SweepPlan,
  finished: readonly FinishedRun[],
  engine: EngineDescription,
): SweepResults {
  const rows = plan.cells.flatMap((cell) => cellResults(cell, finished));
  const pooled = poolSeeds(Object.fromEntries(rows.map(({ name, seeds }) => [name, seeds])));
  const { base, seeds, baseline } = plan;
  return {
    schema: SCHEMA,
    machine: { cpu: cpus()[0]?.model.trim() ?? 'unknown', cores: cpus().length, node: process.versions.node, engine },
    seeds,
    baseline,
    varied: [...new Set(plan.cells.flatMap(({ set }) => Object.keys(set)))],
    configuration: { ...base, model: withoutFolder(base.model), data: withoutFolder(base.data) },
    rows: rows.map((row) => compare(row, rows, baseline, pooled)),
  };
}

const withoutFolder = <File extends { readonly path: string }>(file: string | File): string | File =>
  typeof file === 'string' ? basename(file) : { ...file, path: basename(file.path) };

function rowOf(name: string, runs: readonly FinishedRun[]): SweepRow {
  const [{ cell, plan }] = runs as readonly [FinishedRun];
  const seeds = runs.map(seedOf);
  const over = (figure: (seed: SweepSeed) => number | null) => studentInterval(seeds.map(figure));
  const averages = (of: (averages: RoundAverages) => Averages): SpreadAverages => ({
    clientMean: over((seed) => of(seed.averages).clientMean),
    expMeanLoss: over((seed) => of(seed.averages).expMeanLoss),
    tokenWeighted: over((seed) => of(seed.averages).tokenWeighted),
  });
  return {
    name,
    cell: cell.name,
    method: plan.name,
    set: cell.set,
    strategies: plan.entry,
    seeds,
    perplexity: {
      personal: {
        afterDistribution: averages(({ personal }) => personal.afterDistribution),
        afterLocal: averages(({ personal }) => personal.afterLocal),
      },
      global: averages(({ global }) => global),
    },
    bytesUp: over(({ bytesUp }) => bytesUp),
    bytesDown: over(({ bytesDown }) => bytesDown),
    flops: over(({ flops }) => flops),
    seconds: over(({ seconds }) => seconds),
  };
}

function seedOf({ seed, summary, timings }: FinishedRun): SweepSeed {
  const { averages, clients } = summary.rounds.at(-1)!;
  const total = (cost: (client: ClientRound) => number) =>
    summary.rounds.flatMap((round) => round.clients).reduce((sum, client) => sum + cost(client), 0);
  return {
    seed,
    averages,
    clients: Object.fromEntries(clients.map(({ id, personal, global }) => [id, { personal, global }])),
    bytesUp: total(({ bytesUp }) => bytesUp),
    bytesDown: total(({ bytesDown }) => bytesDown),
    flops: total(({ flops }) => flops),
    seconds: timings.seconds + timings.reusedSeconds,
    reused: timings.reused,
  };
}

function compare(
  row: SweepRow,
  rows: readonly SweepRow[],
  { cell, method }: SweepPlan['baseline'],
  pooled: ComparedClients,
): ComparedRow {
  const candidates = rows.filter((other) => other.cell === cell);
  const baseline =
    candidates.length === 1 ? candidates[0] : candidates.find((other) => other.method === (method ?? row.method));
  const against = (moment: Moment) => {
    if (!baseline || baseline.name === row.name) return null;
    // A stream of its own, so that another cell changes no interval.
    const random = randomStreams(1).stream('bootstrap', row.name);
    return pairedDifference(pooled, [row.name, moment], [baseline.name, moment], random);
  };
  const paired = { afterDistribution: against('afterDistribution'), afterLocal: against('afterLocal') };
  return { ...row, paired: { baseline: baseline?.name ?? '', ...paired } };
}
