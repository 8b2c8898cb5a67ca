import type { Trained, TrainingJob } from './contract.js';
import type { ClientProgress } from './round-event.js';

/** A client's local training. */
export type Train = (client: string, job: TrainingJob) => Promise<Trained>;

/** What clients that train at the same time have in common. */
export interface Together<Company> {
  readonly company: Company;
  /** A member's training has ended, well or not. */
  readonly left?: (member: string) => void;
  /** A member's training has failed. */
  readonly failed?: (reason: unknown) => void;
}

interface Started {
  readonly trained: Promise<Trained>;
  readonly heard: ClientProgress[];
  /** Whose turn it is tells at once. */
  tell?: ((event: ClientProgress) => void) | undefined;
}

/**
 * Lets clients of a round train at the same time: the first of them to train starts them all; the others, in their turn,
 * find their training under way or done, and tell what has happened in it. The adapters of all are on the engine at once.
 *
 * @param membersOf who starts with a client that trains, itself included; nobody: it trains alone.
 */
export function startTogether<Company>(
  train: (client: string, job: TrainingJob, company?: Company) => Promise<Trained>,
  membersOf: (client: string, job: TrainingJob) => readonly string[],
  open: (members: readonly string[]) => Together<Company>,
): Train {
  const started = new Map<string, Started>();
  const start = (members: readonly string[], job: TrainingJob) => {
    const { company, left, failed } = open(members);
    for (const member of members) {
      const entry: Omit<Started, 'trained'> = { heard: [] };
      const report = (event: ClientProgress) => (entry.tell ? entry.tell(event) : entry.heard.push(event));
      const trained = train(member, { ...job, report }, company).finally(() => left?.(member));
      trained.catch((reason) => failed?.(reason));
      started.set(member, Object.assign(entry, { trained }));
    }
  };
  return async (client, job) => {
    if (!started.has(client)) {
      const members = membersOf(client, job);
      if (members.length === 0) return train(client, job);
      start(members, job);
    }
    const own = started.get(client)!;
    started.delete(client);
    for (const event of own.heard) job.report(event);
    own.tell = job.report;
    return own.trained;
  };
}
