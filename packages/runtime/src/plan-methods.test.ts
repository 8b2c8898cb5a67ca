import { createContainer } from './container.js';
import { explainMethods } from './explain-methods.js';
import { validateConfiguration } from './parse-configuration.js';
import { planMethods } from './plan-methods.js';
import { builtInMethods } from './register.js';

const plan = (raw: object) => planMethods(createContainer(), validateConfiguration(raw, 'test'));
const without = (object: object, keys: readonly string[]) =>
  Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)));
const failure = (raw: object) => {
  try {
    plan(raw);
  } catch (error) {
    return error as Error & { code: string };
  }
  throw new Error('nothing was thrown');
};

describe('planMethods', () => {
  it('expands presets: FedIT starts at zero with rank r, PerFIT symmetric with a search', () => {
    const [fedit, perfit] = plan({ methods: ['fedit', 'perfit'] });
    expect(fedit!.entry).toMatchObject({ initialization: { name: 'zero' }, aggregator: { name: 'weighted-mean' } });
    expect(fedit!.search).toBeNull();
    expect(perfit!.entry).toMatchObject({
      expansion: 2,
      aggregator: { name: 'shared-exclusive', minHolders: 2 },
      search: { iterations: 4 },
    });
  });

  it("a key that the user writes replaces the preset's wherever the method uses it, and an entry's own key wins", () => {
    const plans = plan({
      importance: 'second',
      expansion: 3,
      methods: ['fedit', 'perfit', { name: 'x', method: 'perfit', importance: 'mixed' }],
    });
    expect(plans.map(({ expansion }) => expansion)).toEqual([1, 3, 3]);
    expect(plans.map(({ entry }) => (entry.importance as { name: string } | undefined)?.name)).toEqual([
      undefined,
      'second',
      'mixed',
    ]);
  });

  it("settings of a search replace the preset's and each other one by one", () => {
    const plans = plan({
      search: { iterations: 3, every: 2 },
      methods: [
        'perfit',
        'perfit-guarded',
        { name: 'x', method: 'perfit-guarded', search: { every: 1, scope: 'client' } },
      ],
    });
    expect(plans.map(({ search }) => [search!.scope, search!.iterations, search!.every, search!.stepsBetween])).toEqual(
      [
        ['client', 3, 2, 1],
        ['federation', 3, 2, 1],
        ['client', 3, 1, 1],
      ],
    );
  });

  it('takes perfit-validated as a preset and as an entry', () => {
    for (const entry of ['perfit-validated', { name: 'perfit-validated', method: 'perfit', adoption: 'validated' }])
      expect(plan({ methods: [entry] })[0]!.entry.adoption).toMatchObject({ name: 'validated' });
  });

  it('takes one method by name as algorithm', () => {
    expect(plan({ algorithm: 'ditto' }).map(({ name }) => name)).toEqual(['ditto']);
  });

  it('every built-in method plans, and says what it is made of', () => {
    const plans = plan({ methods: builtInMethods.map(({ name }) => name) });
    for (const { name, summary, source, parts } of explainMethods(plans)) {
      expect([name, summary, source].every((text) => text.length > 3)).toBe(true);
      // What is printed is a configuration again, of the same parts.
      const [again] = plan({ methods: [{ name, ...parts }] });
      expect(without(again!.entry, ['name'])).toEqual(parts);
    }
  });

  it('combines kinds by a line each', () => {
    const [plan1, plan2] = plan({
      methods: [
        { name: 'a', method: 'fedsa-lora', serverRule: 'fed-adam' },
        { name: 'b', method: 'perfit', personalization: { name: 'ditto', lambda: 0.5 }, travel: 'none' },
      ],
    });
    expect(plan1!.entry).toMatchObject({ travel: { name: 'factor', factor: 'A' }, serverRule: { name: 'fed-adam' } });
    expect(plan2!.entry).toMatchObject({ personalization: { name: 'ditto', lambda: 0.5 }, search: { iterations: 4 } });
  });

  it.each([
    [
      'products of pruned factors',
      { name: 'x', method: 'perfit', aggregator: 'flex-lora' },
      /flex-lora.* granularity 'weight' prunes single positions.*granularity 'rank'/,
    ],
    [
      'stacking half of the factors',
      { name: 'x', method: 'ffa-lora', aggregator: 'flora' },
      /flora.*travel is 'factor'/,
    ],
    [
      'a control that no client sends',
      { name: 'x', method: 'fedit', aggregator: 'scaffold' },
      /scaffold.*'controlChange'.*localUpdate 'plain'/,
    ],
    [
      'a control that no server sends',
      { name: 'x', method: 'fedit', localUpdate: 'scaffold' },
      /localUpdate 'scaffold' needs 'control'.*weighted-mean/,
    ],
    [
      'choosing against changed weights',
      { name: 'x', method: 'flora', adoption: 'validated' },
      /adoption is 'validated'/,
    ],
    [
      'a search of what is frozen',
      { name: 'x', method: 'perfit', trainable: { name: 'factor', factor: 'B' } },
      /trainable is 'factor'/,
    ],
    [
      'a search without steps',
      { name: 'x', method: 'perfit', personalization: 'moreau' },
      /personalization 'moreau' gives it none/,
    ],
    ['a server rule without a point to move', { name: 'x', method: 'fedamp', serverRule: 'fed-adam' }, /fed-adam/],
  ])('refuses %s before anything loads', (_, entry, message) => {
    expect(failure({ methods: [entry] }).message).toMatch(message);
  });

  it.each([
    [
      'an unknown strategy, with the list',
      { importance: 'frist' },
      'runtime/unknown-strategy',
      /unknown importance 'frist': there are .*first.*Did you mean 'first'/,
    ],
    [
      'an unknown strategy that no method uses',
      { schedule: 'x', methods: ['fedit'] },
      'runtime/unknown-strategy',
      /unknown schedule 'x'/,
    ],
    ['an unknown method', { methods: ['fedprox2'] }, 'runtime/unknown-strategy', /unknown method 'fedprox2'/],
    [
      'an unknown option',
      { aggregator: { name: 'shared-exclusive', minHolder: 3 } },
      'runtime/unknown-key',
      /'minHolder'.*Did you mean 'minHolders'/,
    ],
    [
      'an option out of range',
      { aggregator: { name: 'shared-exclusive', minHolders: 0 } },
      'runtime/invalid-configuration',
      /minHolders/,
    ],
    [
      'an entry key that its method does not use',
      { methods: [{ name: 'fedit', expansion: 2 }] },
      'runtime/unused-key',
      /does not use expansion/,
    ],
    ['the same name twice', { methods: ['fedit', 'fedit'] }, 'runtime/invalid-configuration', /'fedit' twice/],
    [
      'a search longer than a round',
      { steps: 3, methods: ['perfit'] },
      'runtime/too-few-steps',
      /4 × 1 steps, a round has 3/,
    ],
  ])('refuses %s', (_, raw, code, message) => {
    const error = failure(raw);
    expect([error.code, error.message]).toEqual([code, expect.stringMatching(message)]);
  });
});
