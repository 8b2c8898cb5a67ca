import { createContainer } from './container.js';
import { planMethods } from './method-plan.js';
import { validateConfiguration } from './parse-configuration.js';

const plan = (raw: object) => planMethods(createContainer(), validateConfiguration(raw, 'test'));
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

  it('takes perfit-validated as a preset and as an entry', () => {
    for (const entry of ['perfit-validated', { name: 'perfit-validated', method: 'perfit', adoption: 'validated' }])
      expect(plan({ methods: [entry] })[0]!.entry.adoption).toMatchObject({ name: 'validated' });
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
