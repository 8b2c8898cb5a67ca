import type { Method } from '../contract.js';
import { averaging } from './averaging.js';

/** FedYogi (Reddi et al. 2021): FedIT whose mean is a gradient for Yogi on the server. */
export const fedyogi: Method = {
  name: 'fedyogi',
  summary: 'FedIT with Yogi on the server: everything trains and travels, nothing is personal.',
  source: 'Reddi et al. 2021',
  preset: { ...averaging, serverRule: 'fed-yogi' },
  trains: true,
  keeps: 'distributed',
};
