import { conformBuiltIn } from './conform-plugin.js';

it('everything that is built in keeps the contract of its kind', async () => {
  const { results, strategies, notProven, passed } = await conformBuiltIn();
  expect(results.filter((result) => !result.passed)).toEqual([]);
  expect(notProven).toEqual([]);
  expect(passed).toBeGreaterThan(10 * strategies.length);
  const kinds = new Set(strategies.map(({ strategy }) => strategy.split('/')[0]));
  expect([...kinds].sort()).toEqual(
    [
      ...['adoption', 'aggregator', 'attack', 'budget', 'codec', 'granularity', 'importance', 'initialization'],
      ...[
        'localUpdate',
        'method',
        'partitioner',
        'personalization',
        'positions',
        'prompt',
        'sampler',
        'schedule',
        'serverRule',
      ],
    ].sort(),
  );
}, 120_000);
