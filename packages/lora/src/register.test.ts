import { INITIALIZATION, loraFactories, POSITION_RULE, registerLora } from './index.js';

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
  const required: Readonly<Record<string, object>> = { factor: { factor: 'A' } };
  for (const { optionsSchema, make, name } of loraFactories) {
    const options = required[name] ?? {};
    expect(make(optionsSchema.parse(options), {}).name).toBe(name);
    expect(optionsSchema.safeParse({ ...options, unknown: 1 }).success).toBe(false);
  }
});
