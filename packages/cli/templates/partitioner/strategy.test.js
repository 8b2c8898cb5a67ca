import assert from 'node:assert/strict';
import { test } from 'node:test';
import { conformPlugin } from '@perfit/cli';
import { sampleRows } from '@perfit/datasets/testing';
import { plugin } from './index.js';
import { templateName } from './template-name.js';

test('keeps the contract of its kind', async () => {
  const { results } = await conformPlugin(plugin);
  assert.deepEqual(
    results.filter(({ passed }) => !passed),
    [],
  );
});

test('by hand: five rows to two clients', () => {
  const { clients } = templateName({ clients: 2 }).partition(sampleRows(5), () => 0.5);
  assert.deepEqual(
    [...clients.values()],
    [
      [0, 2, 4],
      [1, 3],
    ],
  );
});
