import assert from 'node:assert/strict';
import { test } from 'node:test';
import { conformPlugin } from '@perfit/cli';
import { architectureFrom, livePositions } from '@perfit/lora';
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

test('by hand: two of the live positions 1, 2, 4, 5 with scores 3, 1, 2, 2', () => {
  const layout = sampleLayout();
  const scores = new Float32Array(layout.size);
  scores.set([9, 3, 1, 9, 2, 2]);
  const architecture = architectureFrom(layout.size, [1, 2, 4, 5]);
  const kept = templateName().select({ layout, scores, architecture, keep: 2 });
  assert.deepEqual([...livePositions(kept)], [1, 4]);
});
