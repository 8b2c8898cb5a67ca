import type { TrainingJob } from '../contract.js';
import type { ClientProgress } from '../round-event.js';
import { reuseSteps } from './reuse-steps.js';
import type { LocalOutcome, TakenSteps } from './taken-steps.js';

const outcome: LocalOutcome = {
  shared: { values: new Float32Array(1), architecture: { size: 1, live: 1, bits: Uint8Array.of(1) } },
  personal: undefined,
  conclusion: {},
  search: null,
  flops: 7,
};
const step: ClientProgress = { type: 'step', step: 1, steps: 1, loss: 2, learningRate: 3 };
const at = { client: 'a', round: 2, start: 's' };

function world() {
  const written: TakenSteps[] = [];
  const heard: ClientProgress[] = [];
  let now = 1000;
  const controller = new AbortController();
  const job: TrainingJob = {
    round: 2,
    keep: true,
    maySearch: false,
    participants: ['a'],
    report: (event) => heard.push(event),
    signal: controller.signal,
  };
  let taken = 0;
  const take = async ({ report }: TrainingJob) => {
    taken++;
    report(step);
    now += 1500;
    return outcome;
  };
  const kept = {
    keeps: () => true,
    read: () => written.at(-1),
    write: (_: unknown, steps: TakenSteps) => void written.push(steps),
    clock: { now: () => now },
  };
  return { written, heard, job, take, kept, controller, times: () => taken };
}

test('takes steps once, then tells the same again, with the time that they took', async () => {
  const { written, heard, job, take, kept, times } = world();
  expect(await reuseSteps(kept, at, job, take)).toEqual(outcome);
  expect(written).toEqual([{ ...outcome, events: [step], seconds: 1.5 }]);
  expect(await reuseSteps(kept, at, job, take)).toEqual({ ...outcome, reused: { seconds: 1.5 } });
  expect(times()).toBe(1);
  expect(heard).toEqual([step, step]);
});

test('takes nothing over once the run is stopped', async () => {
  const { job, take, kept, controller } = world();
  await reuseSteps(kept, at, job, take);
  controller.abort();
  await expect(reuseSteps(kept, at, job, take)).rejects.toThrow('abort');
});
