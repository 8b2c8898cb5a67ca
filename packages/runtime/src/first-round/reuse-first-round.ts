import type { TrainingJob } from '../contract.js';
import type { ClientProgress } from '../round-event.js';
import type { FirstRound, LocalOutcome } from './first-round.js';

/** The first rounds of one method's clients. */
export interface ClientFirstRounds {
  readonly read: (client: string) => FirstRound | undefined;
  readonly write: (client: string, round: FirstRound) => void;
}

/** Takes a client's first local steps, or takes them over from another run: then all that they told is told again. */
export async function reuseFirstRound(
  rounds: ClientFirstRounds,
  client: string,
  job: TrainingJob,
  take: (job: TrainingJob) => Promise<LocalOutcome>,
): Promise<LocalOutcome & { readonly reused?: true }> {
  const known = rounds.read(client);
  if (known) {
    job.signal.throwIfAborted();
    const { events, ...outcome } = known;
    for (const event of events) job.report(event);
    return { ...outcome, reused: true };
  }
  const events: ClientProgress[] = [];
  const taken = await take({
    ...job,
    report: (event) => {
      events.push(event);
      job.report(event);
    },
  });
  rounds.write(client, { ...taken, events });
  return taken;
}
