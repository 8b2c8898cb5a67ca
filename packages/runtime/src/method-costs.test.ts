import { createContainer } from './container.js';
import { methodCosts } from './method-costs.js';
import { validateConfiguration } from './parse-configuration.js';
import { planMethods } from './plan-methods.js';

const sites = ['q', 'k'].map((name, layer) => ({
  name: `model.layers.${layer}.${name}_proj`,
  layer,
  in: 6,
  out: 6,
  flops: 72,
}));
const costs = (name: string) => {
  const [plan] = planMethods(createContainer(), validateConfiguration({ methods: [name] }, 'test'));
  return methodCosts(plan!, sites, 8);
};

describe('methodCosts', () => {
  it.each([
    ['fedit', { trainable: 1, up: 1, down: 1, steps: 1, adapters: 1, mask: false, residual: false }],
    ['perfit', { trainable: 1, up: 1, down: 1, steps: 1, adapters: 1, mask: true, residual: false }],
    ['local-only', { trainable: 1, up: 0, down: 0, steps: 1 }],
    ['untuned', { trainable: 0, up: 0, steps: 0 }],
    ['centralised', { up: 0, steps: 'clients' }],
    ['scaffold', { trainable: 1, up: 2, down: 2 }],
    ['ffa-lora', { trainable: 0.5, up: 0.5, down: 0.5 }],
    ['rolora', { trainable: 0.5, up: 0.5 }],
    ['fedsa-lora', { trainable: 1, up: 0.5 }],
    ['lg-fedavg', { trainable: 1, up: 0.5 }],
    ['ditto', { steps: 2, adapters: 2, up: 1 }],
    ['feddpa', { trainable: 0.5, steps: 1, adapters: 1, up: 0.5 }],
    ['flora', { residual: true }],
  ])('%s', (name, expected) => {
    expect(costs(name)).toMatchObject(expected);
  });
});
