import type { Method } from '../contract.js';
import { averaging } from './averaging.js';

/** Centred clipping (Karimireddy et al. 2021) in place of FedIT’s mean. */
export const centredClipping: Method = {
  name: 'centred-clipping',
  summary: 'FedIT with updates clipped around the present point: robust against a minority.',
  source: 'Karimireddy et al. 2021',
  preset: { ...averaging, aggregator: 'centred-clipping' },
  trains: true,
  keeps: 'distributed',
};
