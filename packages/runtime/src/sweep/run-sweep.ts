import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { PARTITIONER } from '@perfit/datasets';
import type { Checkpoint } from '@perfit/models';
import { writeWhole } from '@perfit/safetensors';
import type { Engine } from '@perfit/tensorflow';
import { connectable, fromEvent, lastValueFrom, takeUntil } from 'rxjs';
import type { DependencyContainer } from 'tsyringe';
import { dealOut, type FederatedData, openDataset } from '../client-data.js';
import type { Configuration } from '../configuration.js';
import type { Clock } from '../contract.js';
import { errors } from '../errors.js';
import { type LoadedModel, loadModel, openModel } from '../load-model.js';
import { randomStreams } from '../random-streams.js';
import type { TakenStepsStore } from '../reuse/taken-steps.js';
import { takenStepsFiles } from '../reuse/taken-steps-files.js';
import type { Sink } from '../round-event.js';
import { rowEncoding } from '../row-encoding.js';
import { type PreparedRun, prepareRun, type RunWorld } from '../run.js';
import { readFinishedRun } from '../run-directory.js';
import { resolveStrategy } from '../strategies.js';
import { checkMemory } from './check-memory.js';
import { ofCell, type SweepCell, type SweepPlan } from './plan-sweep.js';
import { cellResults, type FinishedRun, type SweepResults, sweepResults } from './sweep-results.js';
import { writeResults } from './write-results.js';

/** One cell under one seed: one run directory. */
export interface SweepJob {
  readonly cell: SweepCell;
  readonly seed: number;
  readonly directory: string;
  /** Its place in the sweep, from 1. */
  readonly place: number;
  readonly of: number;
}

/** The world of a sweep. */
export interface SweepWorld {
  readonly engine: Engine;
  /** A container for one run, with all plugins. */
  readonly container: () => DependencyContainer;
  readonly clock: Clock;
  /** Where the sweep is written: `cells/NAME/seed-N`, `results.json`, `results.csv`, `results.md`. */
  readonly out: string;
  readonly resume: boolean;
  /** False: every cell takes its first local steps itself. Default true. */
  readonly reuse?: boolean;
  /** Bytes of memory that a run may take; default: what is free. */
  readonly memory?: number;
  /** Listeners of one run. */
  readonly sinks: (job: SweepJob, run: PreparedRun) => readonly Sink[];
  /** Stops the sweep; whole rounds stay. */
  readonly signal: AbortSignal;
}

/**
 * Runs every cell under every seed, seeds outermost, so that all cells can be compared after the first; model, data
 * and equal first rounds are shared. What is done already is skipped, what is half done goes on. Null where it was
 * stopped.
 *
 * @throws `does-not-fit` with the cell's name, before any weight is read; `cell-failed`: the cells before it stay
 */
export async function runSweep(plan: SweepPlan, world: SweepWorld): Promise<SweepResults | null> {
  checkPlace(world);
  const finished: FinishedRun[] = [];
  const groups: SweepGroup[] = [];
  try {
    for (const jobs of groupBy(jobsOf(plan, world.out), ({ cell: { configuration } }) =>
      JSON.stringify([configuration.model, configuration.dtype, configuration.hiddenStateCache]),
    ))
      groups.push(await openGroup(jobs, world));
    for (const group of groups) if (!(await playGroup(group, world, finished))) return null;
  } finally {
    for (const { data } of groups) data.close();
  }
  rmSync(join(world.out, 'cache'), { recursive: true, force: true });
  const results = sweepResults(plan, finished, world.engine.description);
  writeResults(world.out, results);
  return results;
}

/** Jobs on one model, with their data. */
interface SweepGroup {
  readonly jobs: readonly SweepJob[];
  readonly data: ReturnType<typeof sharedData>;
}

/** Deals out the data of a group, and refuses what cannot fit, before any weight is read. */
async function openGroup(jobs: readonly SweepJob[], world: SweepWorld): Promise<SweepGroup> {
  const checkpoint = await openModel(jobs[0]!.cell.configuration.model);
  checkpoint.weights.close();
  const data = sharedData(checkpoint, world);
  try {
    for (const job of jobs)
      if (!finishedRuns(job)) checkMemory(job.cell, world, { config: checkpoint.config, data: data.of(job) });
  } catch (thrown) {
    data.close();
    throw thrown;
  }
  return { jobs, data };
}

/** Plays the jobs of a group, in order; false where it was stopped. */
async function playGroup({ jobs, data }: SweepGroup, world: SweepWorld, finished: FinishedRun[]): Promise<boolean> {
  const { configuration } = jobs[0]!.cell;
  const model = await loadModel(world.engine, configuration.model, configuration);
  try {
    const open = (job: SweepJob, takenSteps?: TakenStepsStore) => openJob(job, world, model, data.of(job), takenSteps);
    const shared = await checkAll(jobs, open);
    const takenSteps = world.reuse === false ? undefined : onlyShared(join(world.out, 'cache'), shared);
    for (const job of jobs) {
      if (!(await play(job, world, () => open(job, takenSteps)))) return false;
      finished.push(...finishedRuns(job)!);
      const results = cellResults(job.cell, finished);
      writeWhole(join(job.directory, '..', 'result.json'), `${JSON.stringify(results, null, 1)}\n`);
    }
    return true;
  } finally {
    model.backbone.dispose();
  }
}

function checkPlace({ out, resume }: SweepWorld): void {
  const filled = existsSync(out) && readdirSync(out).length > 0;
  if (filled && !resume) {
    throw errors.make('run-directory-exists', {
      what: `${out} already holds something`,
      cure: 'Choose another --out, or add --resume to go on with the sweep in it',
    });
  }
  if (resume && !existsSync(join(out, 'cells'))) {
    throw errors.make('nothing-to-resume', {
      what: `${out} holds no sweep`,
      cure: 'Leave out --resume, or give the directory of a sweep',
    });
  }
}

function jobsOf({ cells, seeds }: SweepPlan, out: string): readonly SweepJob[] {
  const of = cells.length * seeds.length;
  return seeds.flatMap((seed, round) =>
    cells.map((cell, index) => {
      const configuration = { ...cell.configuration, seed };
      const directory = join(out, 'cells', cell.name, `seed-${seed}`);
      return { cell: { ...cell, configuration }, seed, directory, place: round * cells.length + index + 1, of };
    }),
  );
}

function groupBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): readonly (readonly Item[])[] {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item)) ?? [];
    groups.set(keyOf(item), group);
    group.push(item);
  }
  return [...groups.values()];
}

/** Deals data out once for all jobs that take the same. */
function sharedData(checkpoint: Checkpoint, { container }: SweepWorld) {
  const known = new Map<string, FederatedData>();
  const dataOf = (configuration: Configuration) => {
    const { data, partitioner, validation, maxTokens, seed } = configuration;
    const key = JSON.stringify([data, partitioner, validation, maxTokens, seed]);
    const dealt =
      known.get(key) ??
      dealOut(
        openDataset(data),
        resolveStrategy(container(), PARTITIONER, 'partitioner', partitioner).make(),
        configuration,
        rowEncoding(checkpoint, maxTokens),
        randomStreams(seed),
      );
    known.set(key, dealt);
    return dealt;
  };
  return {
    of: ({ cell }: SweepJob) => inCell(cell, () => dataOf(cell.configuration)),
    close: () => {
      for (const { close } of known.values()) close();
    },
  };
}

/** The directories of a job's methods. */
const directoriesOf = ({ cell: { plans }, directory }: SweepJob) =>
  plans.length === 1 ? [directory] : plans.map(({ name }) => join(directory, name));

/** What the methods of a job came to; null where not all are complete. */
function finishedRuns(job: SweepJob): readonly FinishedRun[] | null {
  const runs = directoriesOf(job).map(readFinishedRun);
  if (runs.includes(null)) return null;
  const { cell, seed } = job;
  return runs.map((run, index) => ({ cell, plan: cell.plans[index]!, seed, ...run! }));
}

function openJob(
  { cell, directory }: SweepJob,
  { engine, container, clock }: SweepWorld,
  model: LoadedModel,
  data: FederatedData,
  takenSteps: TakenStepsStore | undefined,
): Promise<PreparedRun> {
  const holdsRun = [
    directory,
    ...(existsSync(directory) ? readdirSync(directory) : []).map((name) => join(directory, name)),
  ];
  const world: RunWorld = {
    engine,
    container: container(),
    clock,
    out: directory,
    resume: holdsRun.some((path) => existsSync(join(path, 'config.yaml'))),
    model,
    data,
    ...(takenSteps ? { takenSteps } : {}),
  };
  return prepareRun(cell.configuration, world).catch((thrown) => {
    throw ofCell(cell.name, thrown, 'cell-failed');
  });
}

/** Prepares every job, so that what one of them is refused for is known before any runs; returns the keys of steps that several jobs need. */
async function checkAll(
  jobs: readonly SweepJob[],
  open: (job: SweepJob) => Promise<PreparedRun>,
): Promise<ReadonlySet<string>> {
  const needed = new Map<string, number>();
  for (const job of jobs) {
    const run = await open(job);
    run.dispose();
    if (finishedRuns(job)) continue;
    for (const key of run.stepsKeys) needed.set(key, (needed.get(key) ?? 0) + 1);
  }
  return new Set([...needed].flatMap(([key, count]) => (count > 1 ? [key] : [])));
}

/** What nobody else needs is not kept: later steps follow a download, in which cells differ. */
function onlyShared(directory: string, shared: ReadonlySet<string>): TakenStepsStore {
  return { ...takenStepsFiles(directory), keeps: ({ key, round }) => round === 1 && shared.has(key) };
}

/** Plays a job unless it is done; false where it was stopped. */
async function play(job: SweepJob, world: SweepWorld, open: () => Promise<PreparedRun>): Promise<boolean> {
  if (world.signal.aborted) return false;
  if (finishedRuns(job)) return true;
  const run = await open();
  try {
    const events = connectable(run.events.pipe(takeUntil(fromEvent(world.signal, 'abort'))));
    const ended = lastValueFrom(events, { defaultValue: undefined });
    const attached = Promise.all([ended, ...world.sinks(job, run).map((sink) => sink.attach(events))]);
    events.connect();
    await attached;
  } catch (thrown) {
    throw ofCell(job.cell.name, thrown, 'cell-failed');
  } finally {
    run.dispose();
  }
  return !world.signal.aborted;
}

function inCell<Result>({ name }: SweepCell, act: () => Result): Result {
  try {
    return act();
  } catch (thrown) {
    throw ofCell(name, thrown, 'cell-failed');
  }
}
