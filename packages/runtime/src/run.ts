import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { PARTITIONER } from '@perfit/datasets';
import { composeResidual, lowRankFactors, type SavedAdapter } from '@perfit/lora';
import type { Engine } from '@perfit/tensorflow';
import { concat, concatMap, defer, finalize, from, map, type Observable, of, tap } from 'rxjs';
import type { DependencyContainer } from 'tsyringe';
import { attackedTransport } from './attacks/attacked-transport.js';
import { dealOut, type FederatedData, openDataset } from './client-data.js';
import { codedTransport } from './coded-transport.js';
import type { Configuration } from './configuration.js';
import { ATTACK, type Clock, SAMPLER } from './contract.js';
import { errors } from './errors.js';
import { openEvaluator } from './evaluate-values.js';
import { eventTape } from './event-tape.js';
import { type LoadedModel, loadOpened, openModel } from './load-model.js';
import { localTransport } from './local-transport.js';
import { memoryLimit, plannedEngine } from './memory/machine.js';
import { planMemory, refuseUnlessFits } from './memory/memory-plan.js';
import type { MethodPlan } from './method-plan.js';
import { planMethods } from './plan-methods.js';
import { randomStreams } from './random-streams.js';
import { resolvedConfiguration, withoutPaths } from './resolved-configuration.js';
import type { MethodSteps } from './reuse/reuse-steps.js';
import { stepsKey } from './reuse/steps-key.js';
import type { TakenStepsStore } from './reuse/taken-steps.js';
import type { RoundEvent } from './round-event.js';
import { type LoopWorld, roundLoop } from './round-loop.js';
import { rowEncoding } from './row-encoding.js';
import { layOut, type MethodContext, openMethod, type SharedContext } from './run-context.js';
import { checkRunDirectory, openRunDirectory, writeComparison } from './run-directory.js';
import { directoryStore } from './stores/directory-store.js';
import { resolveStrategy } from './strategies.js';
import type { RoundRecord } from './summary.js';
import { timingsRecorder } from './timings.js';
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
  if (existsSync(out) && !statSync(out).isDirectory())
    throw errors.make('run-directory-exists', { what: `${out} is a file`, cure: 'Choose another --out' });
  for (const plan of plans) {
    if (!resume && existsSync(join(directoryOf(plan), 'config.yaml'))) {
      throw errors.make('run-directory-exists', {
        what: `${directoryOf(plan)} already holds a run`,
        cure: 'Choose another --out, or add --resume to go on with it',
      });
    }
  }
  if (resume && !plans.some((plan) => existsSync(join(directoryOf(plan), 'config.yaml')))) {
    throw errors.make('nothing-to-resume', {
      what: `${out} holds no run`,
      cure: 'Leave out --resume, or give the directory of a run',
    });
  }
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
  const baseModel = typeof configuration.model === 'string' ? configuration.model : configuration.model.path;
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
  const finished = new Map<string, readonly RoundRecord[]>();
  const play = (trajectory: Trajectory): Observable<RoundEvent> =>
    defer(() => {
      const members = trajectory.plans.map((plan) => {
        const resolved = resolvedOf(plan);
        return { plan, resolved, directory: openRunDirectory(directoryOf(plan), resolved, resume) };
      });
      const done = members.map(({ directory }) => directory.finishedRounds());
      if (done.every((rounds) => rounds !== null)) {
        for (const [index, { plan }] of members.entries()) finished.set(plan.name, done[index]!);
        return of(
          ...members.map(
            ({ plan }, index): RoundEvent => ({ type: 'run-completed', method: plan.name, rounds: done[index]! }),
          ),
        );
      }
      const [leader] = members;
      const context = withTakenSteps(openMethod(shared, leader!.plan), world, keyOf(trajectory));
      const evaluator = openEvaluator(context);
      const store = directoryStore(leader!.directory.state);
      const transport = codedTransport(
        attackedTransport(localTransport(context, store, evaluator), attacks, streams),
        context.plan.codec,
      );
      const { hear, timings } = timingsRecorder(world.clock);
      const { layout, scale, start } = context;
      const subtracted = start.subtracted ? lowRankFactors(layout, start.values, -scale) : [];
      const save: LoopWorld['save'] = (rounds, moment, adapterOf, residual) => {
        const changes = [...subtracted, ...residual];
        // Whoever loads the adapter has the frozen weights as they came: their change goes with it.
        const savedOf = (client: string): SavedAdapter => {
          const adapter = { layout, ...adapterOf(client), scale, baseModel };
          return changes.length > 0 ? { ...adapter, ...composeResidual(adapter, changes) } : adapter;
        };
        // What a method keeps is written at its own moment; before the end, whatever there is.
        const keepers = members.filter(
          ({ plan: { method } }) => method.trains && (moment === 'distributed' || method.keeps === 'local'),
        );
        for (const client of keepers.length > 0 ? transport.clients : []) {
          const adapter = savedOf(client);
          for (const { directory } of keepers) directory.writeAdapter(client, adapter);
        }
        for (const { plan, directory, resolved } of members) {
          directory.writeSummary({
            method: plan.name,
            seed: configuration.seed,
            config: withoutPaths(resolved),
            rounds,
          });
          directory.writeTimings(timings, moment === 'local');
          if (moment === 'local') finished.set(plan.name, rounds);
        }
        if (moment === 'local' && !single) writeComparison(out, finished);
      };
      const heard = eventTape();
      const loop = roundLoop(context, {
        transport,
        store,
        sampler: sampler.make(),
        save,
        keepLocal: trajectory.keepsLocal,
      });
      const echo = defer(() =>
        from(members.slice(1)).pipe(
          concatMap(({ plan }) => from(heard.replay()).pipe(map((event) => ({ ...event, method: plan.name })))),
        ),
      );
      const told = loop.pipe(
        tap((event) => {
          hear(event);
          if (members.length > 1) heard.record(event);
        }),
        finalize(() => {
          store.abandon();
          context.trainer.dispose();
        }),
      );
      return concat(told, echo).pipe(finalize(heard.close));
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

/** A method that finds and leaves its clients' local steps under its own key. */
function withTakenSteps(
  context: MethodContext,
  { takenSteps: store, clock }: RunWorld,
  key: string | null,
): MethodContext {
  if (!store || key === null) return context;
  const takenSteps: MethodSteps = {
    read: (at) => store.read({ key, ...at }),
    write: (at, steps) => store.write({ key, ...at }, steps),
    clock,
  };
  return { ...context, takenSteps };
}
