import { createContainer } from './container.js';
import { validateConfiguration } from './parse-configuration.js';
import { planMethods } from './plan-methods.js';
import { trajectoriesOf } from './trajectory.js';

const grouped = (raw: object, scoresLocal = true) =>
  trajectoriesOf(planMethods(createContainer(), validateConfiguration(raw, 'test')), scoresLocal).map(({ plans }) =>
    plans.map(({ name }) => name),
  );

describe('trajectoriesOf', () => {
  it('runs FedIT once for FedIT and FedIT + local, and nothing else together', () => {
    expect(grouped({})).toEqual([
      ['untuned'],
      ['local-only'],
      ['fedit', 'fedit-local'],
      ['perfit'],
      ['perfit-validated'],
    ]);
  });

  it('runs them apart where local steps are not scored: only one of them takes those after the last round', () => {
    expect(grouped({ methods: ['fedit', 'fedit-local'] }, false)).toEqual([['fedit'], ['fedit-local']]);
  });

  it('runs them apart when one is given another strategy', () => {
    expect(grouped({ methods: ['fedit', { name: 'fedit-local', initialization: 'symmetric' }] })).toEqual([
      ['fedit'],
      ['fedit-local'],
    ]);
  });
});
