import type { Method } from '../contract.js';
import { averaging } from './averaging.js';

/** Trimmed mean (Yin et al. 2018) in place of FedIT’s mean. */
export const trimmedMean: Method = {
  name: 'trimmed-mean',
  summary: 'FedIT with the trimmed mean of every position: robust against a minority.',
  source: 'Yin et al. 2018',
  preset: { ...averaging, aggregator: 'trimmed-mean' },
  trains: true,
  keeps: 'distributed',
};
