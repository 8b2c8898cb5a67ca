import type { Batch } from '@perfit/datasets';
import type { Session, Trainer } from '@perfit/training';
import type { Trained, TrainingJob } from './contract.js';
import { startTogether, type Train } from './start-together.js';

/** Takes a step on a session; returns its loss. */
export type TakeStep = (session: Session, batch: Batch, learningRate: number) => number | Promise<number>;

interface Waiting {
  readonly session: Session;
  readonly batch: Batch;
  readonly learningRate: number;
  readonly resolve: (loss: number) => void;
  readonly reject: (reason: unknown) => void;
}

/** Clients that take their steps in passes over the frozen model that they share. */
export interface StepCompany {
  /** A member's step: taken once every member that has not left has one to take. */
  readonly step: (member: string) => TakeStep;
  readonly leave: (member: string) => void;
}

/** Opens a company; in a pass its members come in this order. */
export function stepCompany(trainer: Pick<Trainer, 'stepTogether'>, members: readonly string[]): StepCompany {
  const present = new Set(members);
  const waiting = new Map<string, Waiting>();
  const stepIfAllWait = () => {
    if (waiting.size === 0 || waiting.size < present.size) return;
    const steps = members.flatMap((member) => waiting.get(member) ?? []);
    waiting.clear();
    try {
      const losses = trainer.stepTogether(steps);
      for (const [index, { resolve }] of steps.entries()) resolve(losses[index]!);
    } catch (reason) {
      for (const { reject } of steps) reject(reason);
    }
  };
  return {
    step: (member) => (session, batch, learningRate) =>
      new Promise((resolve, reject) => {
        waiting.set(member, { session, batch, learningRate, resolve, reject });
        stepIfAllWait();
      }),
    leave: (member) => {
      present.delete(member);
      stepIfAllWait();
    },
  };
}

/**
 * Lets the participants of a round train `size` at a time, in their order, each group's steps in shared passes over the
 * frozen model: the same as one client after the other, up to rounding.
 */
export function trainJointly(
  train: (client: string, job: TrainingJob, company?: StepCompany) => Promise<Trained>,
  trainer: Pick<Trainer, 'stepTogether'>,
  size: number,
): Train {
  return startTogether(
    train,
    (client, { participants }) => {
      const place = participants.indexOf(client);
      const first = place - (place % size);
      return participants.slice(first, first + size);
    },
    (members) => {
      const company = stepCompany(trainer, members);
      return { company, left: company.leave };
    },
  );
}
