import type { Clock, TrainingJob } from '../contract.js';
import type { ClientProgress, Reused } from '../round-event.js';
import type { LocalOutcome, StepsAt, TakenSteps } from './taken-steps.js';

/** The local steps of one method's clients that are kept. */
export interface MethodSteps {
  readonly keeps: (round: number) => boolean;
  readonly read: (at: Omit<StepsAt, 'key'>) => TakenSteps | undefined;
  readonly write: (at: Omit<StepsAt, 'key'>, steps: TakenSteps) => void;
  /** What their time is measured by. */
  readonly clock: Clock;
}

/** Takes a client's local steps, or takes them over from another run: then all that they told is told again. */
export async function reuseSteps(
  kept: MethodSteps,
  at: Omit<StepsAt, 'key'>,
  job: TrainingJob,
  take: (job: TrainingJob) => Promise<LocalOutcome>,
): Promise<LocalOutcome & { readonly reused?: Reused }> {
  const known = kept.read(at);
  if (known) {
    job.signal.throwIfAborted();
    const { events, seconds, ...outcome } = known;
    for (const event of events) job.report(event);
    return { ...outcome, reused: { seconds } };
  }
  const events: ClientProgress[] = [];
  const begin = kept.clock.now();
  const taken = await take({
    ...job,
    report: (event) => {
      events.push(event);
      job.report(event);
    },
  });
  kept.write(at, { ...taken, events, seconds: (kept.clock.now() - begin) / 1000 });
  return taken;
}
