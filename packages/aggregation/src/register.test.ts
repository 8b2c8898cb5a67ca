import 'reflect-metadata';
import { container } from 'tsyringe';
import { ADOPTION, AGGREGATOR, aggregationFactories, registerAggregation } from './index.js';

test('registers every strategy under its kind’s token', () => {
  const child = container.createChildContainer();
  registerAggregation(child);
  expect(child.resolveAll(AGGREGATOR).map(({ name }) => name)).toEqual(['weighted-mean', 'shared-exclusive']);
  expect(child.resolveAll(ADOPTION).map(({ name }) => name)).toEqual(['replace', 'interpolate', 'validated']);
  for (const { name, optionsSchema, make } of aggregationFactories)
    expect((make(optionsSchema.parse({}), {}) as { name: string }).name).toBe(name);
});
