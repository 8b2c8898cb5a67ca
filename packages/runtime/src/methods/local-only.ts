import type { Method } from '../contract.js';
import { averaging } from './averaging.js';

/** LoRA on every client alone: everything trains, nothing travels, all is personal. */
export const localOnly: Method = {
  name: 'local-only',
  summary: 'LoRA on every client alone: everything trains, nothing travels, all is personal.',
  source: 'control; LoRA of Hu et al. 2021',
  preset: { initialization: averaging.initialization, trainable: 'all', localUpdate: 'plain' },
  fixed: { travel: 'none' },
  trains: true,
  keeps: 'distributed',
};
