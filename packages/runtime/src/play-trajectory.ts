import { composeResidual, lowRankFactors, type SavedAdapter } from '@perfit/lora';
import { concat, concatMap, defer, finalize, from, map, type Observable, of, tap } from 'rxjs';
import { attackedTransport } from './attacks/attacked-transport.js';
import { codedTransport } from './coded-transport.js';
import type { Attack, Clock, Sampler, Transport } from './contract.js';
import { openEvaluator } from './evaluate-values.js';
import { eventTape } from './event-tape.js';
import { localTransport } from './local-transport.js';
import type { MethodPlan } from './method-plan.js';
import { type resolvedConfiguration, withoutPaths } from './resolved-configuration.js';
import type { RoundEvent } from './round-event.js';
import { type LoopWorld, roundLoop } from './round-loop.js';
import type { MethodContext } from './run-context.js';
import type { ComparisonFile, RunDirectory } from './run-directory.js';
import { directoryStore } from './stores/directory-store.js';
import { type Timings, timingsRecorder } from './timings.js';

/** A method of a trajectory: its plan, what that resolves to, and where its run is written. */
export interface TrajectoryMember {
  readonly plan: MethodPlan;
  readonly resolved: ReturnType<typeof resolvedConfiguration>;
  readonly directory: RunDirectory;
}

/** What a trajectory is played with. */
export interface TrajectoryWorld {
  /** Opens the first member's method; its trainer is disposed in the end. */
  readonly open: () => MethodContext;
  readonly sampler: Sampler;
  readonly attacks: ReadonlyMap<string, Attack>;
  readonly clock: Clock;
  readonly comparison: ComparisonFile;
  /** Whether clients keep the local steps that follow the last round. */
  readonly keepLocal: boolean;
}

/**
 * Runs methods that take the same steps, once; the first tells, the others then tell the same under their own names.
 * Members that are complete already are told of, and not run.
 */
export function playTrajectory(members: readonly TrajectoryMember[], world: TrajectoryWorld): Observable<RoundEvent> {
  const done = members.map(({ directory }) => directory.finishedRounds());
  if (done.every((rounds) => rounds !== null)) {
    const ended = members.map(
      ({ plan: { name } }, index): RoundEvent => ({ type: 'run-completed', method: name, rounds: done[index]! }),
    );
    for (const [index, { plan }] of members.entries()) world.comparison.remember(plan.name, done[index]!);
    return of(...ended);
  }
  const context = world.open();
  const store = directoryStore(members[0]!.directory.state);
  const transport = codedTransport(
    attackedTransport(localTransport(context, store, openEvaluator(context)), world.attacks, context.streams),
    context.plan.codec,
  );
  const { hear, timings } = timingsRecorder(world.clock);
  const heard = eventTape();
  const loop = roundLoop(context, {
    transport,
    store,
    sampler: world.sampler,
    save: saveInto(members, { context, transport, timings, comparison: world.comparison }),
    keepLocal: world.keepLocal,
  });
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
  const echo = defer(() =>
    from(members.slice(1)).pipe(
      concatMap(({ plan }) => from(heard.replay()).pipe(map((event) => ({ ...event, method: plan.name })))),
    ),
  );
  return concat(told, echo).pipe(finalize(heard.close));
}

/** Writes what is reached into the directories of all members: adapters, summaries, timings. */
function saveInto(
  members: readonly TrajectoryMember[],
  {
    context,
    transport,
    timings,
    comparison,
  }: {
    readonly context: MethodContext;
    readonly transport: Transport;
    readonly timings: Timings;
    readonly comparison: ComparisonFile;
  },
): LoopWorld['save'] {
  const { configuration, layout, scale, start } = context;
  const baseModel = typeof configuration.model === 'string' ? configuration.model : configuration.model.path;
  const subtracted = start.subtracted ? lowRankFactors(layout, start.values, -scale) : [];
  return (rounds, moment, adapterOf, residual) => {
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
    const complete = moment === 'local';
    for (const { plan, directory, resolved } of members) {
      const config = withoutPaths(resolved);
      directory.writeSummary({ method: plan.name, seed: configuration.seed, config, rounds });
      directory.writeTimings(timings, complete);
      if (complete) comparison.remember(plan.name, rounds);
    }
    if (complete) comparison.write();
  };
}
