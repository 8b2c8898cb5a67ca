import type { Method } from '../contract.js';
import { averaging } from './averaging.js';

/** FLoRA (Wang et al. 2024): the stacked adapters go into the frozen weights, and every round starts anew. */
export const flora: Method = {
  name: 'flora',
  summary:
    'Everything trains and travels; stacked updates go into the frozen weights, nothing is personal; ranks may differ.',
  source: 'Wang et al. 2024',
  preset: { ...averaging, aggregator: 'flora' },
  trains: true,
  keeps: 'distributed',
};
