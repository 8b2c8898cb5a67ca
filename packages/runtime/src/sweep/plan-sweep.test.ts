import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createContainer } from '../container.js';
import { planSweep, type SweepRequest } from './plan-sweep.js';

const plan = (request: Partial<SweepRequest>) =>
  planSweep(createContainer(), { config: null, overrides: [], vary: [], ...request });
const failure = (request: Partial<SweepRequest>) => {
  try {
    plan(request);
  } catch (error) {
    return error as Error & { code: string };
  }
  throw new Error('nothing was thrown');
};

test('every cell has its own configuration; the base stays as it is', () => {
  const { base, cells, seeds } = plan({
    overrides: ['methods=[{name: mine, method: perfit}]', 'seed=7'],
    vary: ['methods.0.importance=first,magnitude', 'search.iterations=2'],
  });
  expect(base.methods).toEqual([{ name: 'mine', method: 'perfit' }]);
  expect(seeds).toEqual([7]);
  expect(
    cells.map(({ name, plans }) => [name, plans[0]!.search!.importance.reference, plans[0]!.search!.iterations]),
  ).toEqual([
    ['first_iterations-2', { name: 'first' }, 2],
    ['magnitude_iterations-2', { name: 'magnitude' }, 2],
  ]);
});

test('methods vary by name; a cell that does what another does is left out and named', () => {
  const { cells, notes, baseline } = plan({
    vary: ['algorithm=perfit,fedit', 'importance=first,second'],
    baseline: 'fedit_second',
  });
  expect(cells.map(({ name }) => name)).toEqual(['perfit_first', 'perfit_second', 'fedit_first']);
  expect(notes).toEqual(['cell fedit_second does what fedit_first does, and is left out']);
  // It is still a name for the same work.
  expect(baseline).toEqual({ cell: 'fedit_first', method: null });
});

test('says which methods do the same in every cell', () => {
  const { notes } = plan({ overrides: ['methods=[fedit, perfit]'], vary: ['importance=first,second'] });
  expect(notes).toEqual(['fedit does the same in first, second: --set methods=[…] without it saves that']);
});

test('the baseline is a cell, or a method of it; by default the first cell', () => {
  const request = { overrides: ['methods=[fedit, perfit]'], vary: ['rank=2,4'] };
  expect(plan(request).baseline).toEqual({ cell: 'rank-2', method: null });
  expect(plan({ ...request, baseline: 'rank-4/fedit' }).baseline).toEqual({ cell: 'rank-4', method: 'fedit' });
  expect(failure({ ...request, baseline: 'rank4' }).message).toMatch(/no cell: there are rank-2, rank-4.*'rank-4'/);
  expect(failure({ ...request, baseline: 'rank-4/ditto' }).message).toMatch(/no method of rank-4: there are fedit/);
});

test.each([
  ['a strategy that does not exist', ['importance=first,fist'], /cell 'fist': unknown importance 'fist'.*'first'/],
  ['a key that does not exist', ['importanc=first'], /cell 'first': unknown key 'importanc'/],
  ['a combination that cannot be', ['steps=4,3'], /cell 'steps-3': search of 'perfit' takes 4 × 1 steps/],
])('refuses %s, with the name of the cell', (_, vary, message) => {
  const error = failure({ overrides: ['methods=[perfit]'], vary });
  expect(error.code).toBe('runtime/invalid-cell');
  expect(error.message).toMatch(message);
  expect(error.message).toMatch(/^\[perfit\/runtime\] .*\.$/);
});

test.each([[[1, 1]], [[1.5]], [[]], [[Number.NaN]]])('refuses seeds %j', (seeds) => {
  expect(failure({ seeds }).message).toMatch(/seeds are/);
});

test('a base that is wrong is not blamed on a cell', () => {
  const config = join(mkdtempSync(join(tmpdir(), 'perfit-sweep-')), 'c.yaml');
  writeFileSync(config, 'rouns: 3');
  expect(failure({ config, vary: ['rank=2'] })).toMatchObject({ code: 'runtime/unknown-key' });
});
