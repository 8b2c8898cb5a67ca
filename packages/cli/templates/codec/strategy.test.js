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

test('by hand: 4, −2 and 0.9 on two levels', () => {
  const codec = templateName({ levels: 2 });
  const bytes = codec.encode(Float32Array.of(4, -2, 0.9));
  assert.equal(bytes.length, 10);
  assert.deepEqual([...codec.decode(bytes, 3)], [4, -2, 0]);
});
