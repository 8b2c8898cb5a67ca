import { historyTables } from './history-table.mjs';
import { secondsUntil } from './reached.mjs';
import { checkReport, historyRecord } from './report.mjs';
import { spread } from './statistics.mjs';
import { compareSteps, parseCase, summariseSteps, syntheticBatch } from './training.mjs';

const at = {
  ...{ date: '2026-01-02T03:04:05.000Z', commit: 'abc', cpu: 'CPU', flags: ['avx2', 'fma'], cores: 4, threads: 2 },
  ...{ node: '22.0.0', loadAtStart: [0.25, 1, 2] },
};
const report = {
  ...{ benchmark: 'step', baseline: 'measured in this run', options: { model: 'tiny' }, environment: at, results: {} },
  figures: { 'tokens/s': spread([3, 1, 2]) },
  ratios: { 'tokens/s against best': spread([1.23456]) },
};

describe('checkReport', () => {
  it('takes a whole report', () => {
    expect(checkReport(report)).toBe(report);
  });

  it.each([
    ['no environment', { environment: undefined }],
    ['no environment.commit', { environment: { ...at, commit: undefined } }],
    ['no figures', { figures: {} }],
    ['figures["x"]', { figures: { x: 3 } }],
    ['figures["x"]', { figures: { x: { median: Number.NaN, min: 1, max: 2 } } }],
    ['ratios["x"]', { ratios: { x: { median: 3, min: 1, max: 2 } } }],
    ['ratios["x"]', { ratios: { x: { median: null, min: 1, max: 2 } } }],
  ])('refuses one with %s', (what, change) => {
    expect(() => checkReport({ ...report, ...change })).toThrow(what);
  });
});

it('a history keeps date, commit, machine, load and median ratios', () => {
  expect(historyRecord(report)).toEqual({
    ...{ date: at.date, benchmark: 'step', commit: 'abc', machine: 'CPU, 4 cores, 2 threads', flags: ['avx2', 'fma'] },
    ...{ load: 0.25, model: 'tiny', ratios: { 'tokens/s against best': 1.235 } },
  });
});

it('a history is told by benchmark and machine, a column a run, the last ones only', () => {
  const first = historyRecord(report);
  const second = { ...first, date: '2026-02-01T00:00:00.000Z', commit: 'def', ratios: { other: 2 } };
  const elsewhere = { ...first, machine: 'another' };
  const tables = historyTables([first, second, elsewhere], 2);
  expect(tables).toHaveLength(2);
  expect(tables[0].split('\n')).toEqual([
    '## step · tiny · CPU, 4 cores, 2 threads · avx2 fma',
    '',
    '|  | 2026-01-02 abc | 2026-02-01 def |',
    '| --- | --- | --- |',
    '| load at start | 0.25 | 0.25 |',
    '| tokens/s against best | 1.24 | – |',
    '| other | – | 2.00 |',
    '',
  ]);
  expect(historyTables([first, second], 1)[0]).not.toContain('abc');
});

describe('secondsUntil', () => {
  const rounds = [
    { perplexity: 4, seconds: 10 },
    { perplexity: 2.01, seconds: 20 },
    { perplexity: 1.5, seconds: 30 },
  ];

  it('is that of the first round at or below the target', () => {
    expect(secondsUntil(rounds, 4)).toBe(10);
    expect(secondsUntil(rounds, 2)).toBe(30);
    expect(secondsUntil(rounds, 2, 0.01)).toBe(20);
  });

  it('is null where none is', () => {
    expect(secondsUntil(rounds, 1)).toBeNull();
  });
});

describe('steps', () => {
  const run = (milliseconds, peakBytes) => ({
    ...{
      milliseconds,
      cpuMilliseconds: milliseconds.map((ms) => 2 * ms),
      peakBytes,
      losses: [3, 2],
      loadMilliseconds: 7,
    },
  });

  it('leave the first one out of rates, and stand against it', () => {
    const steps = summariseSteps([run([900, 100, 300], 10), run([400, 200, 200], 20)], (step) => 10 * step);
    // Steps 1 and 2 count 10 and 20 units.
    expect(steps.perSecond).toEqual([75, 75]);
    expect(steps.perProcessorSecond).toEqual([37.5, 37.5]);
    expect(steps.firstAgainstLater).toEqual([4.5, 2]);
    expect([steps.medianStepMs, steps.fastestStepMs]).toEqual([200, 100]);
  });

  it('are compared with every baseline', () => {
    const runs = { perfit: [run([1, 100], 10)], best: [{ ...run([1, 300], 40), losses: [4, 2] }] };
    const { ratios, figures, result } = compareSteps('case', 'tokens', runs, () => 1);
    const { lossDifference } = result;
    expect(figures['case: tokens/s'].median).toBe(10);
    expect(ratios['case: tokens/s against best'].median).toBeCloseTo(3, 12);
    expect(ratios['case: peak bytes against best'].median).toBe(0.25);
    expect(lossDifference).toEqual({ best: 0.25 });
  });
});

it('a case is rows x tokens : dtype, half of each row carries loss', () => {
  expect(parseCase('4x256:bf16')).toEqual({ rows: 4, length: 256, dtype: 'bf16' });
  expect(() => parseCase('4x256:f16')).toThrow('f32 or :bf16');
  const batch = syntheticBatch({ vocabulary: 100 }, 2, 5);
  expect(batch).toEqual([
    { ids: [13, 32, 51, 70, 89], promptLength: 2 },
    { ids: [8, 27, 46, 65, 84], promptLength: 2 },
  ]);
});
