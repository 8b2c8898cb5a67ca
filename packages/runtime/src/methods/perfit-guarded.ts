import type { Method } from '../contract.js';
import { perfitValidated } from './perfit-validated.js';

/**
 * PerFIT made never to be worse than staying alone or following everyone (ours): every client receives a mean weighted
 * towards clients like it, adopts it as far as its validation rows like it, and uses the best adapter it has had.
 */
export const perfitGuarded: Method = {
  ...perfitValidated,
  name: 'perfit-guarded',
  summary: 'PerFIT with means of similar clients, validated adoption, and the best adapter so far (ours).',
  source: 'ours',
  preset: { ...perfitValidated.preset, aggregator: 'mask-similarity', personalization: 'best-so-far' },
};
