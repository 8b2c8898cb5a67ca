import type { Architecture, Layout } from '@perfit/lora';
import { errors } from './errors.js';

/** An architecture as numbers: 1 where live, 0 elsewhere. Length P. */
export function maskOf(architecture: Architecture): Float32Array<ArrayBuffer> {
  const mask = new Float32Array(architecture.size);
  for (let p = 0; p < mask.length; p++) mask[p] = (architecture.bits[p >> 3]! >> (p & 7)) & 1;
  return mask;
}

/** A copy of `values` that is exactly +0 outside the mask. */
export function masked(values: Float32Array, mask: Float32Array): Float32Array<ArrayBuffer> {
  const result = new Float32Array(values.length);
  for (let p = 0; p < result.length; p++) if (mask[p] !== 0) result[p] = values[p]!;
  return result;
}

/** Refuses an architecture of another layout. */
export function checkArchitecture(architecture: Architecture, layout: Layout): void {
  if (architecture.size !== layout.size)
    throw errors.make('wrong-architecture', {
      what: `an architecture of ${architecture.size} positions was given for a layout of ${layout.size}`,
      cure: 'Use the layout that the architecture was made for: same sites, same rank',
    });
}

/** Refuses values of another length. */
export function checkLength(values: Float32Array, layout: Layout): void {
  if (values.length !== layout.size)
    throw errors.make('wrong-length', {
      what: `${values.length} values were given for a layout of ${layout.size} positions`,
      cure: 'Use the layout that the values were made for: same sites, same rank',
    });
}
