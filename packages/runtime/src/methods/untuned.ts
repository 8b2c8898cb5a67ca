import { emptyArchitecture } from '@perfit/lora';
import type { Method } from '../contract.js';

/** The frozen model: nothing trains, nothing travels. */
export const untuned: Method = {
  name: 'untuned',
  summary: 'The frozen model: nothing trains, nothing travels.',
  preset: { initialization: 'zero', aggregator: 'weighted-mean', adoption: 'replace' },
  trains: false,
  travel: (architecture) => emptyArchitecture(architecture.size),
  keeps: 'distributed',
};
