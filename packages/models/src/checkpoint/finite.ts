import { errors } from '../errors.js';

/**
 * Returns the values, all of which are finite.
 *
 * @throws `not-finite`
 */
export function checkFinite(path: string, name: string, values: Float32Array): Float32Array {
  let at = 0;
  while (at < values.length && Number.isFinite(values[at])) at++;
  if (at === values.length) return values;
  throw errors.make('not-finite', {
    what: `${name} in ${path} is ${values[at]} at position ${at}`,
    cure: 'Get the weights again, or in a wider element type',
  });
}
