import type { Method } from '../contract.js';
import { averaging } from './averaging.js';

/** SCAFFOLD (Karimireddy et al. 2020): control variates take the drift out of every step; twice the bytes. */
export const scaffold: Method = {
  name: 'scaffold',
  summary: 'FedIT with control variates against client drift: everything travels twice, the own control is personal.',
  source: 'Karimireddy et al. 2020',
  preset: { ...averaging, localUpdate: 'scaffold', aggregator: 'scaffold' },
  trains: true,
  keeps: 'distributed',
};
