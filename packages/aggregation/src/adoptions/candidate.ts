import type { AdoptionInput } from '../contract.js';
import { errors } from '../errors.js';

/**
 * own + λ (received − own), as (1 − λ) · own + λ · received in f64; λ = 0 and λ = 1 give copies, bit for bit.
 *
 * @throws `aggregation/bad-adoption` when the two differ in length.
 */
export function candidate({ own, received }: Pick<AdoptionInput, 'own' | 'received'>, lambda: number): Float32Array {
  if (own.length !== received.length)
    throw errors.make('bad-adoption', {
      what: `${own.length} own values and ${received.length} received ones`,
      cure: 'Write the download into a copy of the own adapter first',
    });
  if (lambda === 0) return own.slice();
  if (lambda === 1) return received.slice();
  return own.map((value, p) => (1 - lambda) * value + lambda * received[p]);
}
