import type { Method } from '../contract.js';
import { averaging } from './averaging.js';

/** FedIT (Zhang et al. 2023): LoRA averaged by example counts; everything trains and travels, nothing is personal. */
export const fedit: Method = {
  name: 'fedit',
  summary: 'LoRA averaged by example counts: everything trains and travels, nothing is personal.',
  source: 'Zhang et al. 2023; FedAvg of McMahan et al. 2017',
  preset: averaging,
  trains: true,
  keeps: 'distributed',
};
