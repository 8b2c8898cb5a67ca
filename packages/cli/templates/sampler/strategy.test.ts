import assert from 'node:assert/strict';
import { test } from 'node:test';
import { conformPlugin } from '@perfit/cli';
import { plugin } from './index.js';
import { templateName } from './template-name.js';

test('keeps the contract of its kind', async () => {
  const { results } = await conformPlugin(plugin);
  assert.deepEqual(
    results.filter(({ passed }) => !passed),
    [],
  );
});

test('by hand: two of three clients a round', () => {
  const sample = (round: number) => templateName().sample(['a', 'b', 'c'], round, () => 0.5);
  assert.deepEqual([1, 2, 3].map(sample), [
    ['a', 'b'],
    ['a', 'c'],
    ['b', 'c'],
  ]);
});
