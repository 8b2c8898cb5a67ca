import { pairedDifference } from './paired-differences.js';
import { randomStreams } from './random-streams.js';
import type { Comparison } from './run-directory.js';

const comparison = (rows: Record<string, readonly number[]>) =>
  ({
    methods: Object.fromEntries(
      Object.entries(rows).map(([name, values]) => [
        name,
        {
          clients: Object.fromEntries(
            values.map((value, i) => [
              `c${i}`,
              { personal: { afterDistribution: value, afterLocal: null }, global: null },
            ]),
          ),
        },
      ]),
    ),
  }) as unknown as Comparison;
const against = (rows: Record<string, readonly number[]>) =>
  pairedDifference(
    comparison(rows),
    ['perfit', 'afterDistribution'],
    ['fedit', 'afterDistribution'],
    randomStreams(1).stream('bootstrap'),
  );

describe('pairedDifference', () => {
  it('is the mean of the log ratios; a constant ratio has no spread', () => {
    const result = against({ perfit: [1, 2, 4], fedit: [2, 4, 8] })!;
    expect(result.mean).toBeCloseTo(-Math.LN2, 12);
    expect(result.ratio).toBeCloseTo(0.5, 12);
    for (const bound of result.interval) expect(bound).toBeCloseTo(-Math.LN2, 12);
  });

  it('covers zero where clients disagree, and lies inside the range of the clients', () => {
    const { interval, clients } = against({ perfit: [1, 2, 3, 4], fedit: [2, 1, 4, 3] })!;
    expect(interval[0]).toBeLessThan(0);
    expect(interval[1]).toBeGreaterThan(0);
    expect(interval[0]).toBeGreaterThanOrEqual(Math.min(...Object.values(clients)));
    expect(interval[1]).toBeLessThanOrEqual(Math.max(...Object.values(clients)));
  });

  it('is the same for the same stream, and null without figures', () => {
    const rows = { perfit: [1, 2, 3], fedit: [2, 1, 4] };
    expect(against(rows)).toEqual(against(rows));
    expect(against({ perfit: [1] })).toBeNull();
  });
});
