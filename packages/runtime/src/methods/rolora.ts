import type { Method } from '../contract.js';
import { averaging } from './averaging.js';

/** RoLoRA (Chen et al. 2025): B trains and travels in odd rounds, A in even ones, so that every mean is exact. */
export const rolora: Method = {
  name: 'rolora',
  summary: 'B in odd rounds and A in even ones trains and travels, nothing is personal; the bytes of one factor.',
  source: 'Chen et al. 2025',
  preset: { ...averaging, trainable: 'alternate', travel: 'alternate' },
  trains: true,
  keeps: 'distributed',
};
