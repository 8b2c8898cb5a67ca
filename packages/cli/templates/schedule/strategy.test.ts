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

test('by hand: from 100 to 20 in four iterations, squared', () => {
  const keep = (iteration: number) => templateName().keep({ iteration, iterations: 4, from: 100, to: 20 });
  assert.deepEqual([1, 2, 3, 4].map(keep), [65, 40, 25, 20]);
});
