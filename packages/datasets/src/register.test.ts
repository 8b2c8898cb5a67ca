import 'reflect-metadata';
import { container } from 'tsyringe';
import { CHAT, datasetsFactories, PARTITIONER, PROMPT, registerDatasets } from './index.js';

test('registers every strategy under its kind’s token', () => {
  const child = container.createChildContainer();
  registerDatasets(child);
  expect(child.resolveAll(PARTITIONER).map(({ name }) => name)).toEqual([
    'field',
    'iid',
    'dirichlet',
    'shards',
    'quantity-skew',
  ]);
  expect(child.resolveAll(PROMPT).map(({ name }) => name)).toEqual(['alpaca', 'chat']);
  for (const { name, kind, optionsSchema, make } of datasetsFactories) {
    const options = optionsSchema.parse(['field', 'alpaca', 'chat'].includes(name) ? {} : { clients: 2 });
    expect(make(options, { chat: () => '' })).toMatchObject({ name });
    expect(optionsSchema.safeParse({ ...(options as object), unknown: 1 }).success).toBe(false);
    expect(kind).toMatch(/^(partitioner|prompt)$/);
  }
});

test('the chat prompt asks the container for the model’s template', () => {
  expect(datasetsFactories.find(({ name }) => name === 'chat')?.requires).toEqual({ chat: CHAT });
});
