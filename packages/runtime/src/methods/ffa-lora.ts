import type { Method } from '../contract.js';
import { averaging } from './averaging.js';

/** FFA-LoRA (Sun et al. 2024): A stays at the common start, B trains and travels, so that the mean is exact. */
export const ffaLora: Method = {
  name: 'ffa-lora',
  summary: 'A is frozen at the common start; B trains and travels, nothing is personal; the bytes of one factor.',
  source: 'Sun et al. 2024',
  preset: { ...averaging, trainable: { name: 'factor', factor: 'B' }, travel: { name: 'factor', factor: 'B' } },
  trains: true,
  keeps: 'distributed',
};
