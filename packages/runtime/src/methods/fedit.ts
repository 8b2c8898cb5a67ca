import type { Method } from '../contract.js';

/** FedIT (Zhang et al. 2023): LoRA averaged by example counts; everything trains and travels, nothing is personal. */
export const fedit: Method = {
  name: 'fedit',
  summary: 'LoRA averaged by example counts: everything trains and travels, nothing is personal.',
  preset: { initialization: 'zero', aggregator: 'weighted-mean', adoption: 'replace', localUpdate: 'plain' },
  trains: true,
  travel: (architecture) => architecture,
  keeps: 'distributed',
};
