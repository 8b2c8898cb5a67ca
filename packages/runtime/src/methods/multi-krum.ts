import type { Method } from '../contract.js';
import { averaging } from './averaging.js';

/** Multi-Krum (Blanchard et al. 2017) in place of FedIT’s mean. */
export const multiKrum: Method = {
  name: 'multi-krum',
  summary: 'FedIT with the mean of the updates nearest to their neighbours: robust against a minority.',
  source: 'Blanchard et al. 2017',
  preset: { ...averaging, aggregator: 'multi-krum' },
  trains: true,
  keeps: 'distributed',
};
