import { scoreConsensus, searchTogether } from './common-search.js';
import type { Trained, TrainingJob } from './contract.js';
import type { ClientProgress } from './round-event.js';

const job = (report: (event: ClientProgress) => void = () => {}): TrainingJob => ({
  round: 1,
  keep: true,
  maySearch: true,
  participants: ['a', 'b', 'c'],
  report,
  signal: new AbortController().signal,
});

describe('scoreConsensus', () => {
  it('waits for every member, and starts anew in the next iteration', async () => {
    const consensus = scoreConsensus(2);
    const early = consensus.agree(Float32Array.of(1, 4));
    const late = consensus.agree(Float32Array.of(3, 0));
    expect([await early, await late].map((mean) => [...mean])).toEqual([
      [2, 2],
      [2, 2],
    ]);
    const again = consensus.agree(Float32Array.of(8, 8));
    expect([...(await consensus.agree(Float32Array.of(0, 4)))]).toEqual([4, 6]);
    expect([...(await again)]).toEqual([4, 6]);
  });
});

describe('searchTogether', () => {
  it('starts all members at once, tells each one’s events in its own turn, and leaves the others alone', async () => {
    const log: string[] = [];
    const train = searchTogether(
      async (client, { report }, consensus) => {
        log.push(`${client} starts`);
        const mean = consensus ? await consensus.agree(Float32Array.of(client === 'a' ? 1 : 3)) : null;
        report({ type: 'gradient-norms', A: mean?.[0] ?? -1, B: 0 });
        return { flops: mean?.[0] ?? -1 } as Trained;
      },
      (client) => client !== 'c',
    );
    const told: number[] = [];
    const report = (event: ClientProgress) => event.type === 'gradient-norms' && told.push(event.A);
    expect((await train('a', job(report))).flops).toBe(2);
    expect(log).toEqual(['a starts', 'b starts']);
    expect(told).toEqual([2]);
    expect((await train('b', job(report))).flops).toBe(2);
    expect((await train('c', job(report))).flops).toBe(-1);
    expect(log).toEqual(['a starts', 'b starts', 'c starts']);
    expect(told).toEqual([2, 2, -1]);
  });

  it('fails for everyone when one member fails, instead of waiting for ever', async () => {
    const train = searchTogether(
      async (client, _, consensus) => {
        if (client === 'b') throw new Error('diverged');
        await consensus!.agree(Float32Array.of(1));
        return {} as Trained;
      },
      (client) => client !== 'c',
    );
    await expect(train('a', job())).rejects.toThrow('diverged');
  });
});
