import type { Method } from '../contract.js';
import { averaging } from './averaging.js';

/** HetLoRA (Cho et al. 2024): clients of different rank, padded with zeros and weighted by the norm of their update. */
export const hetlora: Method = {
  name: 'hetlora',
  summary:
    'Everything trains and travels; ranks differ and shrink by themselves, the mean is weighted by update norms.',
  source: 'Cho et al. 2024',
  preset: { ...averaging, localUpdate: 'rank-decay', aggregator: 'het-lora' },
  trains: true,
  keeps: 'distributed',
};
