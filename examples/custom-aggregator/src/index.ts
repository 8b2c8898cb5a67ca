import { AGGREGATOR } from '@perfit/aggregation';
import type { Plugin } from '@perfit/strategy';
import type { DependencyContainer } from 'tsyringe';
import { inverseNormFactory } from './inverse-norm.js';

export { inverseNorm, inverseNormFactory } from './inverse-norm.js';

/** What `plugins` in a configuration loads. */
export const plugin: Plugin<DependencyContainer> = {
  name: 'perfit-inverse-norm',
  requires: [],
  provides: ['aggregator/inverse-norm'],
  register: (container) => void container.register(AGGREGATOR, { useValue: inverseNormFactory }),
};
