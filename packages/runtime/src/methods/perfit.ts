import type { Method } from '../contract.js';
import { averaging } from './averaging.js';

/** PerFIT (arXiv 2402.16919): every client searches its own sparse architecture; shared positions average, exclusive ones stay. */
export const perfit: Method = {
  name: 'perfit',
  summary: 'A sparse architecture searched by every client: shared positions average, exclusive ones stay personal.',
  source: 'arXiv 2402.16919',
  preset: {
    ...averaging,
    expansion: 2,
    initialization: 'symmetric',
    importance: 'first',
    schedule: 'cubic',
    granularity: 'weight',
    search: {},
    budget: 'fixed',
    aggregator: 'shared-exclusive',
  },
  trains: true,
  keeps: 'distributed',
};
