import type { Method } from '../contract.js';
import { averaging } from './averaging.js';

/** FedDPA-T (Yang et al. 2024): a global and a local adapter side by side, trained in turn, mixed at inference. */
export const feddpa: Method = {
  name: 'feddpa',
  summary: 'Half of the rank travels, half is personal; both train in turn and are mixed at inference.',
  source: 'Yang et al. 2024',
  preset: { ...averaging, travel: { name: 'components', from: 0, to: 0.5 }, personalization: 'halves' },
  trains: true,
  keeps: 'distributed',
};
