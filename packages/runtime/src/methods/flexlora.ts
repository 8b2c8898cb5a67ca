import type { Method } from '../contract.js';
import { averaging } from './averaging.js';

/** FlexLoRA (Bai et al. 2024): the mean of the products, cut back to every client’s rank by SVD. */
export const flexlora: Method = {
  name: 'flexlora',
  summary: 'Everything trains and travels; the mean of products is cut to each rank by SVD, nothing is personal.',
  source: 'Bai et al. 2024',
  preset: { ...averaging, aggregator: 'flex-lora' },
  trains: true,
  keeps: 'distributed',
};
