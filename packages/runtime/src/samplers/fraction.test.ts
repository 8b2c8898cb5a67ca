import fc from 'fast-check';
import { randomStreams } from '../random-streams.js';
import { fraction } from './fraction.js';

describe('fraction', () => {
  it('takes max(1, round(fraction · n)) distinct clients in their order', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        fc.integer(),
        (n, share, seed) => {
          const clients = Array.from({ length: n }, (_, i) => `c${i}`);
          const sampled = fraction({ fraction: share }).sample(clients, 1, randomStreams(seed).stream('sample'));
          expect(sampled.length).toBe(Math.max(1, Math.round(share * n)));
          expect(clients.filter((client) => sampled.includes(client))).toEqual(sampled);
        },
      ),
    );
  });

  it('takes each client about as often', () => {
    const clients = ['a', 'b', 'c', 'd', 'e'];
    const random = randomStreams(3).stream('sample');
    const counts = new Map<string, number>();
    for (let i = 0; i < 2000; i++)
      for (const client of fraction({ fraction: 0.4 }).sample(clients, i, random))
        counts.set(client, (counts.get(client) ?? 0) + 1);
    for (const client of clients) expect(Math.abs(counts.get(client)! - 800)).toBeLessThan(110);
  });

  it('draws nothing when everybody takes part', () => {
    const random = jest.fn(() => 0.5);
    expect(fraction({ fraction: 1 }).sample(['a', 'b'], 1, random)).toEqual(['a', 'b']);
    expect(random).not.toHaveBeenCalled();
  });
});
