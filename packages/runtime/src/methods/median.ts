import type { Method } from '../contract.js';
import { averaging } from './averaging.js';

/** Coordinate median (Yin et al. 2018) in place of FedIT’s mean. */
export const median: Method = {
  name: 'median',
  summary: 'FedIT with the median of every position: robust against a minority.',
  source: 'Yin et al. 2018',
  preset: { ...averaging, aggregator: 'median' },
  trains: true,
  keeps: 'distributed',
};
