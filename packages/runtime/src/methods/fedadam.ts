import type { Method } from '../contract.js';
import { averaging } from './averaging.js';

/** FedAdam (Reddi et al. 2021): FedIT whose mean is a gradient for Adam on the server. */
export const fedadam: Method = {
  name: 'fedadam',
  summary: 'FedIT with Adam on the server: everything trains and travels, nothing is personal.',
  source: 'Reddi et al. 2021',
  preset: { ...averaging, serverRule: 'fed-adam' },
  trains: true,
  keeps: 'distributed',
};
