import 'reflect-metadata';
import { container } from 'tsyringe';
import { ADOPTION, AGGREGATOR, aggregationFactories, registerAggregation, SERVER_RULE } from './index.js';

test('registers every strategy under its kind’s token', () => {
  const child = container.createChildContainer();
  registerAggregation(child);
  expect(child.resolveAll(AGGREGATOR).map(({ name }) => name)).toEqual([
    'weighted-mean',
    'shared-exclusive',
    'median',
    'trimmed-mean',
    'krum',
    'multi-krum',
    'centred-clipping',
    'scaffold',
    'flora',
    'flex-lora',
    'fed-ex-lora',
    'het-lora',
    'fed-amp',
    'mask-similarity',
  ]);
  expect(child.resolveAll(SERVER_RULE).map(({ name }) => name)).toEqual([
    'none',
    'fed-avg-m',
    'fed-adam',
    'fed-yogi',
    'fed-adagrad',
  ]);
  expect(child.resolveAll(ADOPTION).map(({ name }) => name)).toEqual(['replace', 'interpolate', 'validated']);
  for (const { name, optionsSchema, make } of aggregationFactories)
    expect((make(optionsSchema.parse({}), {}) as { name: string }).name).toBe(name);
});
