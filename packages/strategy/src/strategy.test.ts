import { z } from 'zod';
import { defineErrors, defineStrategy, isPerfitError, PerfitError, renderErrorTable, token } from './index.js';

describe('errors', () => {
  const errors = defineErrors('aggregation', { 'too-few-clients': 'The rule needs more uploads.' });

  it('say package, value and cure in one line, and keep code and cause', () => {
    const cause = new Error('underneath');
    const error = errors.make('too-few-clients', { what: 'krum got n=4, f=1', cure: 'Sample more clients', cause });
    expect(error.message).toBe('[perfit/aggregation] krum got n=4, f=1. Sample more clients.');
    expect(error.code).toBe('aggregation/too-few-clients');
    expect(error.cause).toBe(cause);
    expect('cause' in errors.make('too-few-clients', { what: 'x', cure: 'y' })).toBe(false);
  });

  it('are recognised across two installed versions, and nothing else is', () => {
    const foreign = Object.assign(new Error('x'), { name: 'PerfitError', code: 'lora/x' });
    expect([foreign, new PerfitError('lora', 'x', { what: 'a', cure: 'b' })].every(isPerfitError)).toBe(true);
    expect([new Error('x'), null, 'PerfitError', { name: 'PerfitError', code: 'x' }].some(isPerfitError)).toBe(false);
  });

  it('make a table, sorted by code', () => {
    const table = renderErrorTable([errors, defineErrors('a', { z: 'Z.', b: 'B.' })]);
    expect(table.split('\n').filter((line) => line.startsWith('| `'))).toEqual([
      '| `a/b` | B. |',
      '| `a/z` | Z. |',
      '| `aggregation/too-few-clients` | The rule needs more uploads. |',
    ]);
  });
});

describe('defineStrategy', () => {
  it('parses options, fills in defaults and refuses unknown keys', () => {
    const factory = defineStrategy({
      kind: 'sampler',
      name: 'share',
      summary: 'A share.',
      optionsSchema: z.strictObject({ share: z.number().max(1).default(0.5) }),
      make: ({ share }) => ({ share }),
    });
    expect(factory.requires).toEqual({});
    expect(factory.make(factory.optionsSchema.parse({}), {})).toEqual({ share: 0.5 });
    expect(factory.optionsSchema.safeParse({ shares: 1 }).success).toBe(false);
  });

  it('tokens of one name are one', () => {
    expect(token('@perfit/x/Y')).toBe(token('@perfit/x/Y'));
    expect(token('@perfit/x/Y')).not.toBe(token('@perfit/x/Z'));
  });
});
