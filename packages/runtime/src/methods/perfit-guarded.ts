import type { Method } from '../contract.js';
import { perfitValidated } from './perfit-validated.js';

/**
 * PerFIT made never to be worse than staying alone or following everyone (ours): a gentle search (a quarter more rank than
 * the budget, whole components, every site keeps its share), means weighted towards clients alike, adopted as far as a
 * client's validation rows like them, and the best adapter that it has had. e · r must be even: r = 8, 16, 24, …
 */
export const perfitGuarded: Method = {
  ...perfitValidated,
  name: 'perfit-guarded',
  summary: 'PerFIT with a gentle search, means of similar clients, validated adoption, and the best adapter so far.',
  source: 'ours',
  preset: {
    ...perfitValidated.preset,
    expansion: 1.25,
    granularity: { name: 'rank', within: 'site' },
    aggregator: 'mask-similarity',
    personalization: 'best-so-far',
  },
};
