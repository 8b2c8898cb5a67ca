import type { Method } from '../contract.js';
import { averaging } from './averaging.js';

/** Ditto (Li et al. 2021): FedIT, and beside it a personal adapter pulled towards the shared one; twice the steps. */
export const ditto: Method = {
  name: 'ditto',
  summary: 'FedIT, and a personal adapter pulled towards the shared one, which never travels; twice the steps.',
  source: 'Li et al. 2021',
  preset: { ...averaging, personalization: 'ditto' },
  trains: true,
  keeps: 'distributed',
};
