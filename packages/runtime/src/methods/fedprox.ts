import type { Method } from '../contract.js';
import { averaging } from './averaging.js';

/** FedProx (Li et al. 2020): FedIT whose clients are pulled towards what they received. */
export const fedprox: Method = {
  name: 'fedprox',
  summary: 'FedIT with a proximal term: everything trains and travels, nothing is personal.',
  source: 'Li et al. 2020',
  preset: { ...averaging, localUpdate: 'proximal' },
  trains: true,
  keeps: 'distributed',
};
