import type { Method } from '../contract.js';
import { averaging } from './averaging.js';

/** LoRA on the rows of all clients in one place, as many steps as all clients take together: the bound that needs the text. */
export const centralised: Method = {
  name: 'centralised',
  summary: 'LoRA on the rows of all clients in one place, as many steps as all take together; every row travels.',
  source: 'control; LoRA of Hu et al. 2021',
  preset: { initialization: averaging.initialization, trainable: 'all', localUpdate: 'plain' },
  trains: true,
  pools: true,
  keeps: 'distributed',
};
