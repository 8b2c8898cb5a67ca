import type { Method } from '../contract.js';

/** The frozen model: nothing trains, nothing travels. */
export const untuned: Method = {
  name: 'untuned',
  summary: 'The frozen model: nothing trains, nothing travels.',
  source: 'control',
  preset: {},
  fixed: { travel: 'none' },
  trains: false,
  keeps: 'distributed',
};
