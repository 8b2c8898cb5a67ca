import type { Method } from '../contract.js';
import { averaging } from './averaging.js';

/** FDLoRA (Qi et al. 2024): a personal and a shared adapter, fused by weights that fit the client’s validation rows. */
export const fdlora: Method = {
  name: 'fdlora',
  summary: 'A shared adapter travels, a personal one is synchronised now and then; clients use a fusion of both.',
  source: 'Qi et al. 2024',
  preset: { ...averaging, personalization: 'dual', serverRule: 'fed-avg-m' },
  trains: true,
  keeps: 'distributed',
};
