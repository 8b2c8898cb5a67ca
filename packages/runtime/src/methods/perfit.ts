import type { Method } from '../contract.js';

/** PerFIT (arXiv 2402.16919): every client searches its own sparse architecture; shared positions average, exclusive ones stay. */
export const perfit: Method = {
  name: 'perfit',
  summary: 'A sparse architecture searched by every client: shared positions average, exclusive ones stay personal.',
  preset: {
    expansion: 2,
    initialization: 'symmetric',
    importance: 'first',
    schedule: 'cubic',
    granularity: 'weight',
    search: {},
    aggregator: 'shared-exclusive',
    adoption: 'replace',
    localUpdate: 'plain',
  },
  trains: true,
  travel: (architecture) => architecture,
  keeps: 'distributed',
};
