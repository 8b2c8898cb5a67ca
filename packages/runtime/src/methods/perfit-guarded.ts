import type { Method } from '../contract.js';
import { perfit } from './perfit.js';

/**
 * PerFIT made never to be worse than staying alone or following everyone (ours): a gentle search in common (a quarter more
 * rank than the budget, whole components, every site keeps its share, all clients one mask), means weighted towards clients
 * alike, and beside the adapter that follows them a second one that stays alone; a client uses what validation rows prefer,
 * its own and all clients' together. What is personal are the means and the choice: with masks of their own clients that are
 * alike lose what the others hold.
 *
 * It starts at LoRA's zero, which single positions cannot: before its first step A has no gradient, and all its scores
 * vanish. Of a whole component the column of B tells enough. Twice the steps. e · r must be even: r = 8, 16, 24, …
 */
export const perfitGuarded: Method = {
  ...perfit,
  name: 'perfit-guarded',
  summary: 'PerFIT with a gentle search in common, means of similar clients, and a second adapter that stays alone.',
  source: 'ours',
  preset: {
    ...perfit.preset,
    expansion: 1.25,
    granularity: { name: 'rank', within: 'site' },
    initialization: 'zero',
    search: { scope: 'federation', allowVanishing: true },
    aggregator: 'mask-similarity',
    personalization: 'two-tracks',
  },
};
