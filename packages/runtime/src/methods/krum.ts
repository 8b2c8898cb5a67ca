import type { Method } from '../contract.js';
import { averaging } from './averaging.js';

/** Krum (Blanchard et al. 2017) in place of FedIT’s mean. */
export const krum: Method = {
  name: 'krum',
  summary: 'FedIT that takes the one update nearest to its neighbours: robust against a minority.',
  source: 'Blanchard et al. 2017',
  preset: { ...averaging, aggregator: 'krum' },
  trains: true,
  keeps: 'distributed',
};
