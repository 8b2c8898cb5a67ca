import assert from 'node:assert/strict';
import { test } from 'node:test';
import { conformPlugin } from '@perfit/cli';
import { createEngine } from '@perfit/tensorflow';
import { plugin } from './index.js';
import { templateName } from './template-name.js';

test('keeps the contract of its kind', async () => {
  const { results } = await conformPlugin(plugin);
  assert.deepEqual(
    results.filter(({ passed }) => !passed),
    [],
  );
});

test('by hand: g = 1, w = 4, λ = ½', async () => {
  const engine = await createEngine();
  const vector = (value: number) => engine.upload(Float32Array.of(value), [1]);
  const [gradient, values, anchor] = [vector(1), vector(4), vector(0)];
  const result = templateName({ lambda: 0.5 }).correct(engine, { gradient, values, anchor, vectors: {} });
  assert.deepEqual([...engine.download(result)], [3]);
  engine.dispose(result, values, anchor);
});
