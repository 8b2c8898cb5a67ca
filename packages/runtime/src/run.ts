import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PARTITIONER } from '@perfit/datasets';
import type { Engine } from '@perfit/tensorflow';
import { concat, defer, finalize, type Observable, of, tap } from 'rxjs';
import type { DependencyContainer } from 'tsyringe';
import { dealOut, openDataset } from './client-data.js';
import type { Configuration } from './configuration.js';
import { type Clock, type RoundEvent, type RoundRecord, SAMPLER } from './contract.js';
import { errors } from './errors.js';
import { openEvaluator } from './evaluate-values.js';
import { loadModel } from './load-model.js';
import { localTransport } from './local-transport.js';
import { type MethodPlan, planMethods } from './method-plan.js';
import { randomStreams } from './random-streams.js';
import { resolvedConfiguration, withoutPaths } from './resolved-configuration.js';
import { roundLoop } from './round-loop.js';
import { rowEncoding } from './row-encoding.js';
import { openMethod, type SharedContext } from './run-context.js';
import { openRunDirectory, writeComparison } from './run-directory.js';
import { directoryStore } from './stores/directory-store.js';
import { resolveStrategy } from './strategies.js';
import { timingsRecorder } from './timings.js';

/** The world of a run. */
export interface RunWorld {
  readonly engine: Engine;
  readonly container: DependencyContainer;
  readonly clock: Clock;
  /** Where the run is written; each method into its own folder where there are several. */
  readonly out: string;
  readonly resume: boolean;
}

/** A run that is ready to be subscribed. */
export interface PreparedRun {
  /** Names of the methods, and the directory of each. */
  readonly directories: ReadonlyMap<string, string>;
  readonly clients: readonly string[];
  /** All methods, one after the other; subscribing runs them and writes the run directory. */
  readonly events: Observable<RoundEvent>;
  readonly dispose: () => void;
}

/** Validates a configuration, loads model and data once, and lays out the runs of its methods. */
export async function prepareRun(configuration: Configuration, world: RunWorld): Promise<PreparedRun> {
  const { engine, container, out, resume } = world;
  // Everything that can be wrong is found before anything big is loaded.
  const plans = planMethods(container, configuration);
  const sampler = resolveStrategy(container, SAMPLER, 'sampler', configuration.sampler);
  const partitioner = resolveStrategy(container, PARTITIONER, 'partitioner', configuration.partitioner);
  const single = plans.length === 1;
  const directoryOf = (plan: MethodPlan) => (single ? out : join(out, plan.name));
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
  const dataset = openDataset(configuration.data);
  const streams = randomStreams(configuration.seed);
  const { checkpoint, backbone } = await loadModel(engine, configuration.model, configuration.dtype);
  const data = dealOut(
    dataset,
    partitioner.make(),
    configuration,
    rowEncoding(checkpoint, configuration.maxTokens),
    streams,
  );
  const baseModel = typeof configuration.model === 'string' ? configuration.model : configuration.model.path;
  const shared: SharedContext = { configuration, engine, backbone, data, streams };
  const digests = { model: checkpoint.sha256, data: data.sha256 };
  const finished = new Map<string, readonly RoundRecord[]>();
  const runOf = (plan: MethodPlan): Observable<RoundEvent> =>
    defer(() => {
      const resolved = resolvedConfiguration(configuration, [plan], { sampler, partitioner }, digests);
      const directory = openRunDirectory(directoryOf(plan), resolved, resume);
      const done = directory.finishedRounds();
      if (done) {
        finished.set(plan.name, done);
        return of<RoundEvent>({ type: 'run-completed', method: plan.name, rounds: done });
      }
      const context = openMethod(shared, plan);
      const evaluator = openEvaluator(context);
      const store = directoryStore(directory.state);
      const transport = localTransport(context, store, evaluator);
      const { hear, timings } = timingsRecorder(world.clock);
      const save = (rounds: readonly RoundRecord[], complete: boolean) => {
        if (plan.method.trains) {
          for (const client of transport.clients)
            directory.writeAdapter(client, context.layout, transport.personal(client), context.scale, baseModel);
        }
        directory.writeSummary({ method: plan.name, seed: configuration.seed, config: withoutPaths(resolved), rounds });
        directory.writeTimings(timings, complete);
        if (complete) finished.set(plan.name, rounds);
        if (complete && !single) writeComparison(out, finished);
      };
      return roundLoop(context, { transport, store, sampler: sampler.make(), save }).pipe(
        tap(hear),
        finalize(() => {
          evaluator.dispose();
          context.trainer.dispose();
        }),
      );
    });
  return {
    directories: new Map(plans.map((plan) => [plan.name, directoryOf(plan)])),
    clients: data.clients.map(({ id }) => id),
    events: concat(...plans.map(runOf)),
    dispose: () => backbone.dispose(),
  };
}
