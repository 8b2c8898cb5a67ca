import { csv } from './csv.js';
import { studentInterval } from './student-interval.js';
import type { SweepResults } from './sweep-results.js';
import { sweepTable } from './sweep-table.js';
import { resultsMarkdown } from './write-results.js';

// Critical values of Student's t as tables print them: t(0.975; ν).
test.each([
  [1, 12.706],
  [2, 4.303],
  [4, 2.776],
  [9, 2.262],
  [29, 2.045],
])('95 %% interval with %i degrees of freedom', (degrees, critical) => {
  // n values, alternating ±1 around 5 with a 5 in the middle where n is odd.
  const values = Array.from({ length: degrees + 1 }, (_, i) =>
    (degrees + 1) % 2 === 1 && i === degrees ? 5 : 5 + (i % 2 === 0 ? 1 : -1),
  );
  const { mean, interval } = studentInterval(values)!;
  const spread = values.reduce((sum, value) => sum + (value - 5) ** 2, 0);
  expect(mean).toBeCloseTo(5, 12);
  expect(interval![1] - 5).toBeCloseTo(critical * Math.sqrt(spread / degrees / (degrees + 1)), 2);
  expect(5 - interval![0]).toBeCloseTo(interval![1] - 5, 12);
});

test('1, 2, 3: 2 ± 4.3027 / √3', () => {
  expect(studentInterval([1, 2, 3])!.interval![1]).toBeCloseTo(4.48414, 5);
});

test('one value has no interval; a missing one leaves no figure', () => {
  expect(studentInterval([3])).toEqual({ mean: 3, interval: null });
  expect(studentInterval([])).toBeNull();
  expect(studentInterval([1, null])).toBeNull();
  expect(studentInterval([2, 2])).toEqual({ mean: 2, interval: [2, 2] });
});

test('CSV quotes what must be quoted', () => {
  expect(
    csv([
      ['a', 'b,c', 'd"e', 'f\ng'],
      [1, null, 0.1, '{"x":1}'],
    ]),
  ).toBe('a,"b,c","d""e","f\ng"\r\n1,,0.1,"{""x"":1}"\r\n');
});

test('the table shows intervals where there are any, – where there is no figure, and what was taken over', () => {
  const spread = (mean: number, half: number | null) => ({
    mean,
    interval: half === null ? null : ([mean - half, mean + half] as const),
  });
  const averages = (mean: number, half: number | null) => ({
    clientMean: spread(mean, half),
    expMeanLoss: spread(1, null),
    tokenWeighted: null,
  });
  const none = { clientMean: null, expMeanLoss: null, tokenWeighted: null };
  const row = {
    name: 'a|b',
    perplexity: {
      personal: { afterDistribution: averages(5085.3, 1234), afterLocal: averages(1.98765, null) },
      global: none,
    },
    paired: { afterDistribution: { ratio: 0.9, interval: [Math.log(0.8), Math.log(1.1)] }, afterLocal: null },
    bytesUp: spread(2_500_000, null),
    bytesDown: spread(123_456_789, null),
    flops: null,
    seconds: spread(61.26, 2),
    seeds: [{ reused: 3 }, { reused: 0 }],
  };
  const results = {
    rows: [row],
    seeds: [1, 2],
    baseline: { cell: 'c', method: 'm' },
    machine: { cpu: 'CPU', cores: 2, node: '20', engine: { kind: 'wasm', version: '4', threads: 1, build: 'wasm-4' } },
  } as unknown as SweepResults;
  expect(sweepTable(results).rows).toEqual([
    ['a|b', '5.09e+3 ± 1234', '1.988', '–', '0.900 [0.800, 1.100]', '–', '2.5 + 123', '–', '61.3'],
  ]);
  expect(sweepTable(results).legend).toMatch(
    /^Seeds 1, 2; CPU, 2 cores, .*against c\/m: .*3 first local trainings were taken over/,
  );
  expect(resultsMarkdown(results)).toContain('| a\\|b | 5.09e+3');
});
