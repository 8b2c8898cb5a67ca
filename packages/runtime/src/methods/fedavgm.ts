import type { Method } from '../contract.js';
import { averaging } from './averaging.js';

/** FedAvgM (Hsu et al. 2019): FedIT with momentum on the server. */
export const fedavgm: Method = {
  name: 'fedavgm',
  summary: 'FedIT with server momentum: everything trains and travels, nothing is personal.',
  source: 'Hsu et al. 2019',
  preset: { ...averaging, serverRule: 'fed-avg-m' },
  trains: true,
  keeps: 'distributed',
};
