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

test('by hand: own 0, received 4, which validates worse', async () => {
  const input = { own: Float32Array.of(0), received: Float32Array.of(4) };
  const adopted = await templateName({ lambda: 0.25 }).adopt({ ...input, validate: async ([value]) => value });
  assert.deepEqual(adopted, { values: Float32Array.of(1), lambda: 0.25 });
});
