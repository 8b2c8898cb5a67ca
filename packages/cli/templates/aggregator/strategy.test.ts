import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextRound, sampleLayout, startServer } from '@perfit/aggregation/testing';
import { conformPlugin } from '@perfit/cli';
import { architectureFrom } from '@perfit/lora';
import { plugin } from './index.js';
import { templateName } from './template-name.js';

test('keeps the contract of its kind', async () => {
  const { results } = await conformPlugin(plugin);
  assert.deepEqual(
    results.filter(({ passed }) => !passed),
    [],
  );
});

test('by hand: 1 example of 4 and 3 examples of 8', () => {
  const [layout, rule] = [sampleLayout(), templateName()];
  const mask = architectureFrom(layout.size, [5]);
  const updates = [['a', 1, 4] as const, ['b', 3, 8] as const].map(([client, examples, value]) => ({
    client,
    mask,
    architecture: mask,
    values: Float32Array.of(value),
    examples,
    metrics: {},
  }));
  const { state } = nextRound(rule, layout, startServer(rule, layout), updates);
  assert.equal(rule.globalModule(state)[5], 7);
});
