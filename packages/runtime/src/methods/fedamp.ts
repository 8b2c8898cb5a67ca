import type { Method } from '../contract.js';
import { averaging } from './averaging.js';

/** FedAMP (Huang et al. 2021): every client receives a mean of its own, weighted by how near the others are. */
export const fedamp: Method = {
  name: 'fedamp',
  summary: 'Everything trains and travels; every client receives a mean weighted by similarity and stays near it.',
  source: 'Huang et al. 2021',
  preset: { ...averaging, localUpdate: 'proximal', aggregator: 'fed-amp' },
  trains: true,
  keeps: 'distributed',
};
