import assert from 'node:assert/strict';
import { test } from 'node:test';
import { conformPlugin } from '@perfit/cli';
import { createLayout, livePositions } from '@perfit/lora';
import { plugin } from './index.js';
import { templateName } from './template-name.js';

test('keeps the contract of its kind', async () => {
  const { results } = await conformPlugin(plugin);
  assert.deepEqual(
    results.filter(({ passed }) => !passed),
    [],
  );
});

test('by hand: two layers of three positions each', () => {
  const sites = [0, 1].map((layer) => ({ name: `layers.${layer}.q_proj`, layer, in: 2, out: 1, flops: 4 }));
  const positions = (round: number) => [...livePositions(templateName().positions(createLayout(sites, 1), round))];
  assert.deepEqual(
    [positions(1), positions(2)],
    [
      [3, 4, 5],
      [0, 1, 2],
    ],
  );
});
