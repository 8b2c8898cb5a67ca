import type { Method } from '../contract.js';
import { averaging } from './averaging.js';

/** FedEx-LoRA (Singhal et al. 2025): FedIT, and what its mean misses of the mean of products goes into the frozen weights. */
export const fedexLora: Method = {
  name: 'fedex-lora',
  summary: 'FedIT, with the exact mean of products restored in the frozen weights; nothing is personal.',
  source: 'Singhal et al. 2025',
  preset: { ...averaging, aggregator: 'fed-ex-lora' },
  trains: true,
  keeps: 'distributed',
};
