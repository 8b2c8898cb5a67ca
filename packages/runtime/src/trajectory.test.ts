import { createContainer } from './container.js';
import { validateConfiguration } from './parse-configuration.js';
import { planMethods } from './plan-methods.js';
import { trajectoriesOf } from './trajectory.js';

const grouped = (raw: object) =>
  trajectoriesOf(planMethods(createContainer(), validateConfiguration(raw, 'test'))).map(({ plans }) =>
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

  it('runs them apart when one is given another strategy', () => {
    expect(grouped({ methods: ['fedit', { name: 'fedit-local', initialization: 'symmetric' }] })).toEqual([
      ['fedit'],
      ['fedit-local'],
    ]);
  });
});
