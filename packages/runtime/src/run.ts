import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { PARTITIONER } from '@perfit/datasets';
import type { Engine } from '@perfit/tensorflow';
import { concat, defer, type Observable } from 'rxjs';
import type { DependencyContainer } from 'tsyringe';
import { dealOut, type FederatedData, openDataset } from './client-data.js';
import type { Configuration } from './configuration.js';
import { ATTACK, type Clock, SAMPLER } from './contract.js';
import { errors } from './errors.js';
import { type LoadedModel, loadOpened, openModel } from './load-model.js';
import { memoryLimit, plannedEngine } from './memory/machine.js';
import { planMemory, refuseUnlessFits } from './memory/memory-plan.js';
import type { MethodPlan } from './method-plan.js';
import { planMethods } from './plan-methods.js';
import { playTrajectory } from './play-trajectory.js';
import { randomStreams } from './random-streams.js';
import { resolvedConfiguration } from './resolved-configuration.js';
import type { MethodSteps } from './reuse/reuse-steps.js';
import { stepsKey } from './reuse/steps-key.js';
import type { TakenStepsStore } from './reuse/taken-steps.js';
import type { RoundEvent } from './round-event.js';
import { rowEncoding } from './row-encoding.js';
import { layOut, type MethodContext, openMethod, type SharedContext } from './run-context.js';
import { checkRunDirectory, comparisonFile, holdsRun, openRunDirectory, refuseRun } from './run-directory.js';
import { resolveStrategy } from './strategies.js';
import { type Trajectory, trajectoriesOf } from './trajectory.js';

/** The world of a run. */
export interface RunWorld {
  readonly engine: Engine;
  readonly container: DependencyContainer;
  readonly clock: Clock;
  /** Where the run is written; each method into its own folder where there are several. */
  readonly out: string;
  readonly resume: boolean;
  /** The model on the engine; default: the configured one. A run that is handed a model does not dispose it. */
  readonly model?: LoadedModel;
  /** The configured data, dealt out by the configured seed; default: dealt out anew. A run that is handed data does not close it. */
  readonly data?: FederatedData;
  /** Local steps of other runs, where they are the same as this run's. */
  readonly takenSteps?: TakenStepsStore;
  /** Bytes of memory that the run may take; default: what is free. A run that is handed a model is not held against it. */
  readonly memory?: number;
}

/** A run that is ready to be subscribed. */
export interface PreparedRun {
  /** Names of the methods, and the directory of each. */
  readonly directories: ReadonlyMap<string, string>;
  readonly clients: readonly string[];
  /** What decides the local steps, of every trajectory that may share them with other runs. */
  readonly stepsKeys: readonly string[];
  /** All methods, one after the other; subscribing runs them and writes the run directory. */
  readonly events: Observable<RoundEvent>;
  /** Ends every tensor and file that it owns. */
  readonly dispose: () => void;
}

/**
 * Validates a configuration, loads model and data once, and lays out the runs of its methods. A run that cannot fit in
 * memory is refused before any weight is read.
 */
export async function prepareRun(configuration: Configuration, world: RunWorld): Promise<PreparedRun> {
  const { engine, container, out, resume } = world;
  // Everything that can be wrong is found before anything big is loaded.
  const plans = planMethods(container, configuration);
  const sampler = resolveStrategy(container, SAMPLER, 'sampler', configuration.sampler);
  const partitioner = resolveStrategy(container, PARTITIONER, 'partitioner', configuration.partitioner);
  const attacks = new Map(
    Object.entries(configuration.clients).flatMap(([id, { attack }]) =>
      attack === undefined ? [] : [[id, resolveStrategy(container, ATTACK, `clients.${id}.attack`, attack).make()]],
    ),
  );
  const single = plans.length === 1;
  const directoryOf = (plan: MethodPlan) => (single ? out : join(out, plan.name));
  checkPlaces(out, plans.map(directoryOf), resume);
  const dataset = world.data ? null : openDataset(configuration.data);
  const streams = randomStreams(configuration.seed);
  const checkpoint = world.model?.checkpoint ?? (await openModel(configuration.model));
  let dealt: FederatedData | undefined;
  let model = world.model;
  try {
    const encoding = rowEncoding(checkpoint, configuration.maxTokens);
    dealt = world.data ?? dealOut(dataset!, partitioner.make(), configuration, encoding, streams);
    if (!model) {
      const planned = { configuration, plans, config: checkpoint.config, data: dealt, sampler: sampler.make() };
      refuseUnlessFits(planMemory(planned, plannedEngine(engine.description), memoryLimit(world.memory)));
      model = await loadOpened(engine, checkpoint, configuration);
    }
  } catch (thrown) {
    if (!world.data) dealt?.close();
    if (!world.model) checkpoint.weights.close();
    throw thrown;
  }
  const data = dealt;
  const { backbone } = model;
  const shared: SharedContext = { configuration, engine, backbone, data, streams };
  const digests = { model: checkpoint.sha256, data: data.sha256 };
  const resolvedOf = (plan: MethodPlan) =>
    resolvedConfiguration(configuration, [plan], { sampler, partitioner }, digests);
  // What a method's layout or its directory refuses is refused before any file is written.
  for (const plan of plans) {
    layOut(shared, plan);
    checkRunDirectory(directoryOf(plan), resolvedOf(plan), resume);
  }
  const trajectories = trajectoriesOf(plans, configuration.evaluation.localSteps);
  const keyOf = ({ plans: [leader] }: Trajectory) => stepsKey(resolvedOf(leader!), leader!, engine.description);
  const comparison = comparisonFile(single ? null : out);
  const play = (trajectory: Trajectory): Observable<RoundEvent> =>
    defer(() => {
      const members = trajectory.plans.map((plan) => {
        const resolved = resolvedOf(plan);
        return { plan, resolved, directory: openRunDirectory(directoryOf(plan), resolved, resume) };
      });
      return playTrajectory(members, {
        open: () => withTakenSteps(openMethod(shared, members[0]!.plan), world, keyOf(trajectory)),
        sampler: sampler.make(),
        attacks,
        clock: world.clock,
        comparison,
        keepLocal: trajectory.keepsLocal,
      });
    });
  return {
    directories: new Map(plans.map((plan) => [plan.name, directoryOf(plan)])),
    clients: data.clients.map(({ id }) => id),
    stepsKeys: trajectories.map(keyOf).filter((key) => key !== null),
    events: concat(...trajectories.map(play)),
    dispose: () => {
      if (!world.data) data.close();
      if (!world.model) backbone.dispose();
    },
  };
}

/** Refuses a place that holds something else than what the run may write into. */
function checkPlaces(out: string, directories: readonly string[], resume: boolean): void {
  if (existsSync(out) && !statSync(out).isDirectory())
    throw errors.make('run-directory-exists', { what: `${out} is a file`, cure: 'Choose another --out' });
  const filled = directories.find(holdsRun);
  if (!resume && filled !== undefined) refuseRun(filled);
  if (resume && filled === undefined)
    throw errors.make('nothing-to-resume', {
      what: `${out} holds no run`,
      cure: 'Leave out --resume, or give the directory of a run',
    });
}

/** A method that finds and leaves its clients' local steps under its own key. */
function withTakenSteps(
  context: MethodContext,
  { takenSteps: store, clock }: RunWorld,
  key: string | null,
): MethodContext {
  if (!store || key === null) return context;
  const takenSteps: MethodSteps = {
    keeps: (round) => store.keeps?.({ key, round }) ?? true,
    read: (at) => store.read({ key, ...at }),
    write: (at, steps) => store.write({ key, ...at }, steps),
    clock,
  };
  return { ...context, takenSteps };
}
