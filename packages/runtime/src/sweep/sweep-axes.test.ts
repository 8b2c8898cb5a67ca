import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cellName } from './cell-name.js';
import { splitValues } from './split-values.js';
import { draftCells, parseVary } from './sweep-axes.js';

const scratch = mkdtempSync(join(tmpdir(), 'perfit-axes-'));
const list = (text: string) => {
  const path = join(scratch, 'list.yaml');
  writeFileSync(path, text);
  return path;
};
const names = (vary: readonly string[], file?: string) => draftCells({ vary, list: file }).map(({ name }) => name);
const failure = (act: () => unknown) => {
  try {
    act();
  } catch (error) {
    return error as Error & { code: string };
  }
  throw new Error('nothing was thrown');
};

test.each([
  ['a,b', ['a', 'b']],
  ['symmetric, {name: gaussian, subtract: true}', ['symmetric', '{name: gaussian, subtract: true}']],
  ['[q, k],[q, {x: [1, 2]}]', ['[q, k]', '[q, {x: [1, 2]}]']],
  [`"a,b",'c,"d',e`, ['"a,b"', `'c,"d'`, 'e']],
  ["it's,that", ["it's", 'that']],
  ['{name: "x, y"},z', ['{name: "x, y"}', 'z']],
  ['a', ['a']],
  ['a,', ['a', '']],
])('splits %s at its top-level commas', (text, parts) => {
  expect(splitValues(text)).toEqual(parts);
});

test('values of --vary are YAML', () => {
  expect(parseVary('search.iterations=2,4')).toEqual({ key: 'search.iterations', values: [2, 4] });
  expect(parseVary('initialization=zero,{name: gaussian, subtract: true}').values).toEqual([
    'zero',
    { name: 'gaussian', subtract: true },
  ]);
});

test.each([
  [{ importance: 'first', initialization: 'symmetric' }, 'first_symmetric'],
  [{ rank: 4, 'search.iterations': 2 }, 'rank-4_iterations-2'],
  [{ initialization: { name: 'gaussian', subtract: true } }, 'gaussian-subtract'],
  [{ aggregator: { name: 'krum', f: 1, adaptive: false } }, 'krum-f-1-adaptive-false'],
  [{ targets: ['q', 'v'] }, 'targets-q-v'],
  [{ data: '../some where/x.jsonl' }, 'some-where-x.jsonl'],
  [{ learningRate: 1e-3 }, 'learningRate-0.001'],
  [{ search: { every: 1, iterations: 2 } }, 'search-every-1-iterations-2'],
  [{}, 'base'],
])('names %j', (set, name) => {
  expect(cellName(set)).toBe(name);
});

test('a grid is the product in the order given, then comes the list; nothing varied is the base alone', () => {
  const file = list('- {name: fedit, set: {algorithm: fedit}}\n- {importance: mixed, rank: 2}\n- {name: as-it-is}\n');
  expect(names(['importance=first,second', 'rank=2,4'], file)).toEqual([
    'first_rank-2',
    'first_rank-4',
    'second_rank-2',
    'second_rank-4',
    'fedit',
    'mixed_rank-2',
    'as-it-is',
  ]);
  expect(draftCells({ vary: [], list: file }).map(({ set }) => set)).toEqual([
    { algorithm: 'fedit' },
    { importance: 'mixed', rank: 2 },
    {},
  ]);
  expect(names([])).toEqual(['base']);
});

test.each([
  ['no values', ['importance'], undefined, 'invalid-cell', /no key=value,value form/],
  ['an empty value', ['importance=first,'], undefined, 'invalid-cell', /no key=value,value form/],
  ['a key twice', ['rank=1', 'rank=2'], undefined, 'invalid-cell', /names rank twice/],
  ['seeds', ['seed=1,2'], undefined, 'invalid-cell', /changes seed\. Use --seeds/],
  ['plugins in a list', [], '- {plugins: [x]}', 'invalid-cell', /changes plugins/],
  ['two cells of one name', ['data=a/b,a b'], undefined, 'invalid-cell', /two cells are named 'a-b'/],
  ['names that differ in capitals', [], '[{name: A}, {name: a}]', 'invalid-cell', /two cells are named 'a'/],
  ['values that are not YAML', ['rank={'], undefined, 'invalid-yaml', /--vary rank=\{ is not YAML/],
  ['a list that is a mapping', [], 'name: x', 'invalid-list', /holds no list/],
  ['an empty list', [], '[]', 'invalid-list', /holds no list/],
  ['a list that is not YAML', [], '[', 'invalid-list', /cannot be read/],
  ['a word for an entry', [], '[first]', 'invalid-list', /has as entry 1 "first"/],
  ['keys beside name and set', [], '- {name: x, rank: 2}', 'invalid-list', /has as entry 1/],
  ['a name that is no folder', [], '- {name: ../x}', 'invalid-list', /letters, digits/],
])('refuses %s', (_, vary, text, code, message) => {
  const error = failure(() => draftCells({ vary, list: text === undefined ? undefined : list(text) }));
  expect(error.code).toBe(`runtime/${code}`);
  expect(error.message).toMatch(message);
});

test('refuses a list that is not there, and a name too long for a folder', () => {
  expect(failure(() => draftCells({ vary: [], list: join(scratch, 'none') })).message).toMatch(/none cannot be read/);
  expect(failure(() => cellName({ data: 'x'.repeat(121) })).message).toMatch(/name of 121 characters/);
  expect(cellName({ data: 'x'.repeat(120) })).toHaveLength(120);
});
