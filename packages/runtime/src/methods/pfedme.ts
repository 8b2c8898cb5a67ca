import type { Method } from '../contract.js';
import { averaging } from './averaging.js';

/** pFedMe (T. Dinh et al. 2020): a personal adapter within a Moreau envelope of the shared one. */
export const pfedme: Method = {
  name: 'pfedme',
  summary: 'A personal adapter trains within a Moreau envelope of the shared one; the shared one travels.',
  source: 'T. Dinh et al. 2020',
  preset: { ...averaging, personalization: 'moreau' },
  trains: true,
  keeps: 'distributed',
};
