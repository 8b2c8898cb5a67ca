import assert from 'node:assert/strict';
import { test } from 'node:test';
import { conformPlugin } from '@perfit/cli';
import { sampleLayout, sampleWeight } from '@perfit/lora/testing';
import { plugin } from './index.js';
import { templateName } from './template-name.js';

test('keeps the contract of its kind', async () => {
  const { results } = await conformPlugin(plugin);
  assert.deepEqual(
    results.filter(({ passed }) => !passed),
    [],
  );
});

test('by hand: a draw of ¾ is half of the bound', () => {
  const layout = sampleLayout();
  const { values } = templateName({ bound: 2 }).initialize({
    layout,
    random: () => 0.75,
    scale: 1,
    frozen: sampleWeight,
  });
  for (const { factor, site, offset } of layout.slots)
    assert.equal(values[offset], factor === 'A' ? Math.fround(1 / Math.sqrt(site.in)) : 0);
});
