import assert from 'node:assert/strict';
import { test } from 'node:test';
import { weightedMean } from '@perfit/aggregation';
import { nextRound, sampleLayout } from '@perfit/aggregation/testing';
import { conformPlugin } from '@perfit/cli';
import { fullArchitecture } from '@perfit/lora';
import { plugin } from './index.js';
import { templateName } from './template-name.js';

test('keeps the contract of its kind', async () => {
  const { results } = await conformPlugin(plugin);
  assert.deepEqual(
    results.filter(({ passed }) => !passed),
    [],
  );
});

test('by hand: from 0 towards 1 in steps of ¼', () => {
  const [layout, rule] = [sampleLayout(), templateName({ largest: 0.25 }).wrap(weightedMean())];
  const mask = fullArchitecture(layout.size);
  const update = { client: 'a', mask, architecture: mask, examples: 1, metrics: {} };
  const values = new Float32Array(layout.size).fill(1);
  let server = { state: rule.initialize(layout, new Float32Array(layout.size)), registry: new Map() };
  for (const round of [1, 2]) server = nextRound(rule, layout, server, [{ ...update, values }], round);
  assert.equal(rule.globalModule(server.state)[0], 0.5);
});
