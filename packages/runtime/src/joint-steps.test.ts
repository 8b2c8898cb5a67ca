import type { Batch } from '@perfit/datasets';
import type { Session } from '@perfit/training';
import type { Trained, TrainingJob } from './contract.js';
import { stepCompany, trainJointly } from './joint-steps.js';
import type { ClientProgress } from './round-event.js';

const batch = {} as Batch;
const sessionOf = (name: string) => ({ name }) as unknown as Session;
const nameOf = (session: Session) => (session as unknown as { name: string }).name;

/** A trainer that tells which sessions it steps together, and gives rate × 10 as loss. */
function recorder(fails = '') {
  const passes: string[] = [];
  return {
    passes,
    stepTogether: (steps: readonly { readonly session: Session; readonly learningRate: number }[]) => {
      passes.push(steps.map(({ session }) => nameOf(session)).join(' '));
      if (fails && passes.at(-1)!.includes(fails)) throw new Error(`${fails} diverged`);
      return steps.map(({ learningRate }) => 10 * learningRate);
    },
  };
}

describe('stepCompany', () => {
  it('steps when everyone waits, in the members’ order, and goes on without those who leave', async () => {
    const trainer = recorder();
    const { step, leave } = stepCompany(trainer, ['a', 'b', 'c']);
    const take = (member: string, rate: number) => step(member)(sessionOf(member), batch, rate);
    const [c, a] = [take('c', 3), take('a', 1)];
    expect(trainer.passes).toEqual([]);
    const b = take('b', 2);
    expect(await Promise.all([a, b, c])).toEqual([10, 20, 30]);
    const again = take('a', 4);
    leave('b');
    expect(trainer.passes).toEqual(['a b c']);
    leave('c');
    expect(await again).toBe(40);
    expect(trainer.passes).toEqual(['a b c', 'a']);
  });

  it('tells everyone in a pass when it fails', async () => {
    const { step } = stepCompany(recorder('b'), ['a', 'b']);
    const all = ['a', 'b'].map((member) => step(member)(sessionOf(member), batch, 1));
    for (const one of all) await expect(one).rejects.toThrow('b diverged');
  });
});

describe('trainJointly', () => {
  const job = (participants: readonly string[], report: (event: ClientProgress) => void = () => {}): TrainingJob => ({
    round: 1,
    keep: true,
    maySearch: true,
    participants,
    report,
    signal: new AbortController().signal,
  });
  const ring = (trainer: ReturnType<typeof recorder>, size: number) =>
    trainJointly(
      async (client, { report }, company) => {
        let flops = 0;
        // d takes a step more than the others.
        for (let step = 1; step <= (client === 'd' ? 3 : 2); step++) {
          flops += await company!.step(client)(sessionOf(client), batch, step);
          report({ type: 'gradient-norms', A: step, B: 0 });
        }
        return { flops } as Trained;
      },
      trainer,
      size,
    );

  it('trains groups of participants, in their order, however long each takes', async () => {
    const trainer = recorder();
    const train = ring(trainer, 2);
    const participants = ['c', 'a', 'd', 'b', 'e'];
    const told: string[] = [];
    const results: number[] = [];
    for (const client of participants) {
      const trained = await train(
        client,
        job(participants, (event) => told.push(`${client}${'A' in event ? event.A : ''}`)),
      );
      results.push(trained.flops);
    }
    expect(results).toEqual([30, 30, 60, 30, 30]);
    expect(trainer.passes).toEqual(['c a', 'c a', 'd b', 'd b', 'd', 'e', 'e']);
    expect(told).toEqual(['c1', 'c2', 'a1', 'a2', 'd1', 'd2', 'd3', 'b1', 'b2', 'e1', 'e2']);
  });

  it('fails for those in the pass that fails, and for nobody for ever', async () => {
    const train = ring(recorder('b'), 2);
    const participants = ['a', 'b', 'c'];
    await expect(train('a', job(participants))).rejects.toThrow('b diverged');
    await expect(train('b', job(participants))).rejects.toThrow('b diverged');
    expect((await train('c', job(participants))).flops).toBe(30);
  });
});
