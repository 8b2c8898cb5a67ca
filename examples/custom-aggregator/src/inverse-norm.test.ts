import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextRound, sampleLayout } from '@perfit/aggregation/testing';
import { conformPlugin } from '@perfit/cli';
import { architectureFrom } from '@perfit/lora';
import { plugin } from './index.js';
import { inverseNorm } from './inverse-norm.js';

test('keeps the contract of its kind', async () => {
  const { results } = await conformPlugin(plugin);
  assert.deepEqual(
    results.filter(({ passed }) => !passed),
    [],
  );
});

test('by hand: from 0 one client moved by 1, the other by 3', () => {
  const [layout, rule] = [sampleLayout(), inverseNorm()];
  const mask = architectureFrom(layout.size, [5]);
  const updates = [['a', 1] as const, ['b', 3] as const].map(([client, value]) => ({
    client,
    mask,
    architecture: mask,
    values: Float32Array.of(value),
    examples: 1,
    metrics: {},
  }));
  const server = { state: rule.initialize(layout, new Float32Array(layout.size)), registry: new Map() };
  const { state } = nextRound(rule, layout, server, updates);
  // (1 · 1 + ⅓ · 3) / (1 + ⅓)
  assert.equal(rule.globalModule(state)[5], 1.5);
});
