import type { StrategyFactory } from '@perfit/strategy';
import {
  INITIALIZATION,
  type Initialization,
  loraFactories,
  POSITION_RULE,
  type PositionRule,
  registerLora,
} from './index.js';
import { testInitialization, testPositionRule } from './testing.js';

test('every strategy is registered under its kind’s token, and refuses options that it does not know', () => {
  const registered = new Map<unknown, string[]>([
    [INITIALIZATION, []],
    [POSITION_RULE, []],
  ]);
  registerLora({
    register: (token: unknown, { useValue }: { useValue: (typeof loraFactories)[number] }) =>
      registered.get(token)?.push(`${useValue.kind} ${useValue.name}`),
  } as never);
  expect(registered.get(INITIALIZATION)).toEqual([
    'initialization symmetric',
    'initialization gaussian',
    'initialization zero',
    'initialization orthogonal',
    'initialization pissa',
    'initialization olora',
  ]);
  expect(registered.get(POSITION_RULE)).toEqual([
    'positions all',
    'positions none',
    'positions factor',
    'positions alternate',
    'positions layers',
    'positions components',
  ]);
  expect([...registered.values()].flat()).toEqual(loraFactories.map(({ kind, name }) => `${kind} ${name}`));
  for (const { optionsSchema, make, name, conformance } of loraFactories) {
    const options = conformance?.options ?? {};
    expect(make(optionsSchema.parse(options), {}).name).toBe(name);
    expect(optionsSchema.safeParse({ ...options, unknown: 1 }).success).toBe(false);
  }
});

describe.each(loraFactories.map((factory) => [factory.name, factory] as const))('%s, as registered', (_, factory) => {
  const { kind, optionsSchema, conformance, make } = factory as StrategyFactory<Initialization & PositionRule>;
  const again = () => make(optionsSchema.parse(conformance?.options ?? {}), {});
  if (kind === 'initialization') testInitialization(again, conformance?.traits);
  else testPositionRule(again);
});
