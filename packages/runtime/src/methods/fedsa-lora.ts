import type { Method } from '../contract.js';
import { averaging } from './averaging.js';

/** FedSA-LoRA (Guo et al. 2025): A carries what is general and travels, B what is the client’s own. */
export const fedsaLora: Method = {
  name: 'fedsa-lora',
  summary: 'Both factors train; A travels, B is personal; the bytes of one factor.',
  source: 'Guo et al. 2025',
  preset: { ...averaging, travel: { name: 'factor', factor: 'A' } },
  trains: true,
  keeps: 'distributed',
};
