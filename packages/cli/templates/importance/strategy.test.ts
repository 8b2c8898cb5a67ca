import assert from 'node:assert/strict';
import { test } from 'node:test';
import { conformPlugin } from '@perfit/cli';
import { sampleLayout } from '@perfit/lora/testing';
import { plugin } from './index.js';
import { templateName } from './template-name.js';

test('keeps the contract of its kind', async () => {
  const { results } = await conformPlugin(plugin);
  assert.deepEqual(
    results.filter(({ passed }) => !passed),
    [],
  );
});

test('by hand: w = −3 with g = 2 scores 6, squared 18', () => {
  const statistics = { values: Float32Array.of(-3), gradient: Float32Array.of(2) };
  const score = (power: number) =>
    templateName({ power }).score({ layout: sampleLayout(), statistics, random: () => 0.5 })[0];
  assert.deepEqual([score(1), score(2)], [6, 18]);
});
