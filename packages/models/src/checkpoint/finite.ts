import { errors } from '../errors.js';

/**
 * Returns the values, all of which are finite.
 *
 * @throws `not-finite`
 */
export function checkFinite(path: string, name: string, values: Float32Array): Float32Array {
  const at = values.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return values;
  throw errors.make('not-finite', {
    what: `${name} in ${path} is ${values[at]} at position ${at}`,
    cure: 'Get the weights again, or in a wider element type',
  });
}
