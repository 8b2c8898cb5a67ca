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

test('by hand: 10 and 20 parameters, the first with room for 12', () => {
  const client = { client: 'a', examples: 5, lossTokens: 50, parameters: 10, dense: 12 };
  const other = { ...client, client: 'b', parameters: 20, dense: 40 };
  assert.deepEqual(templateName().budgets([client, other]), [12, 15]);
});
