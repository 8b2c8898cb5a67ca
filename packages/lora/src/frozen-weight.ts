import type { InitializationInput } from './contract.js';
import { errors } from './errors.js';
import type { SiteSlots } from './layout.js';

/**
 * The frozen weight `[out, in]` of a site, for a start that takes as many components out of it as the site has.
 *
 * @throws `rank-above-weight`, `not-finite`
 */
export function frozenWeight(
  start: string,
  { site, A }: SiteSlots,
  { frozen }: Pick<InitializationInput, 'frozen'>,
): Float32Array {
  if (A.rows > Math.min(site.in, site.out))
    throw errors.make('rank-above-weight', {
      what: `${start} takes ${A.rows} components out of "${site.name}", which is [${site.out}, ${site.in}]`,
      cure: 'Lower rank · expansion, or leave that projection out of targets',
    });
  const weight = frozen(site);
  if (!weight.every(Number.isFinite))
    throw errors.make('not-finite', {
      what: `the frozen weight of "${site.name}" holds NaN or Infinity`,
      cure: 'Get the model again',
    });
  return weight;
}
