import type { Method } from '../contract.js';
import { averaging } from './averaging.js';

/** LG-FedAvg (Liang et al. 2020): the lower half of the layers is a representation of the client’s own, the upper half is shared. */
export const lgFedavg: Method = {
  name: 'lg-fedavg',
  summary: 'Everything trains; adapters of the upper half of the layers travel, those of the lower half are personal.',
  source: 'Liang et al. 2020',
  preset: { ...averaging, travel: { name: 'layers', share: 0.5 } },
  trains: true,
  keeps: 'distributed',
};
