import fc from 'fast-check';
import { randomStreams } from './random-streams.js';

const draws = (random: () => number, count = 8) => Array.from({ length: count }, random);

describe('randomStreams', () => {
  it('gives the same stream for the same arguments, whatever was drawn elsewhere', () => {
    const streams = randomStreams(7);
    const before = draws(streams.stream('batches', 'a', 1));
    draws(streams.stream('batches', 'b', 1), 100);
    expect(draws(randomStreams(7).stream('batches', 'a', 1))).toEqual(before);
  });

  it('separates seed, purpose, client and round', () => {
    const all = [
      [1, 'batches', 'a', 1],
      [2, 'batches', 'a', 1],
      [1, 'search', 'a', 1],
      [1, 'batches', 'b', 1],
      [1, 'batches', 'a', 2],
      // Not the same when joined: the parts are encoded, not concatenated.
      [1, 'batches', 'a1', 0],
      [1, 'batchesa', '', 1],
    ] as const;
    const heads = all.map(([seed, purpose, client, round]) => randomStreams(seed).stream(purpose, client, round)());
    expect(new Set(heads).size).toBe(all.length);
  });

  it('draws from [0, 1) with mean near one half', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const values = draws(randomStreams(seed).stream('x'), 400);
        expect(values.every((value) => value >= 0 && value < 1)).toBe(true);
        expect(Math.abs(values.reduce((a, b) => a + b, 0) / 400 - 0.5)).toBeLessThan(0.1);
      }),
      { numRuns: 30 },
    );
  });

  it('has the figures of version 1: a change would silently change every published run', () => {
    expect(randomStreams(1).stream('start')()).toBe(randomStreams(1).stream('start')());
    expect(draws(randomStreams(1).stream('start'), 2).map((value) => value.toFixed(6))).toMatchInlineSnapshot(`
      [
        "0.785189",
        "0.418502",
      ]
    `);
  });
});
