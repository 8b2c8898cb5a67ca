import 'reflect-metadata';
import { createEngine } from '@perfit/tensorflow';
import { container } from 'tsyringe';
import { LOCAL_UPDATE } from './contract.js';
import { plainUpdate } from './plain.js';
import { proximalUpdate } from './proximal.js';
import { registerTraining, trainingFactories } from './register.js';
import { testLocalUpdate } from './testing.js';

const openEngine = () => createEngine({ prefer: 'native', threads: 2 });
testLocalUpdate(plainUpdate, openEngine);
testLocalUpdate(() => proximalUpdate({ mu: 0.5 }), openEngine);

test('the proximal term is μ (w − anchor)', async () => {
  const engine = await openEngine();
  const up = (...values: number[]) => engine.upload(Float32Array.from(values), [values.length]);
  const input = { gradient: up(1, 1), values: up(3, 2), anchor: up(1, 2), vectors: {} };
  const result = proximalUpdate({ mu: 0.5 }).correct(engine, input);
  expect([...engine.download(result)]).toEqual([2, 1]);
  engine.dispose(result, input.values, input.anchor);
});

test('registers every rule, by name, with defaults that make one', () => {
  const child = container.createChildContainer();
  registerTraining(child);
  expect(child.resolveAll(LOCAL_UPDATE).map(({ name }) => name)).toEqual([
    'plain',
    'proximal',
    'scaffold',
    'rank-decay',
  ]);
  for (const { name, optionsSchema, make } of trainingFactories)
    expect(make(optionsSchema.parse({}) as never, {}).name).toBe(name);
});
