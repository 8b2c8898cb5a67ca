import { lowestOne, wordsOf } from './architecture.js';
import type { Architecture } from './contract.js';
import { errors } from './errors.js';

function checkLength(what: string, length: number, expected: number): void {
  if (length !== expected)
    throw errors.make('size-mismatch', {
      what: `${what} has ${length} numbers where ${expected} are due`,
      cure: 'Use values and masks of one layout',
    });
}

/**
 * The values at the live positions, in order of position: length `mask.live`.
 *
 * @throws `size-mismatch`
 */
export function pack(values: Float32Array, mask: Architecture): Float32Array {
  checkLength('θ', values.length, mask.size);
  if (mask.live === mask.size) return values.slice();
  const words = wordsOf(mask.bits);
  const packed = new Float32Array(mask.live);
  let next = 0;
  for (let i = 0; i < words.length; i++)
    for (let rest = words[i]; rest !== 0; rest &= rest - 1) packed[next++] = values[i * 32 + lowestOne(rest)];
  return packed;
}

/**
 * Writes packed values to their positions in `target` (length P); other positions stay.
 *
 * @throws `size-mismatch`
 */
export function unpackInto(target: Float32Array, mask: Architecture, packed: Float32Array): void {
  checkLength('θ', target.length, mask.size);
  checkLength('the packed vector', packed.length, mask.live);
  if (mask.live === mask.size) {
    target.set(packed);
    return;
  }
  const words = wordsOf(mask.bits);
  let next = 0;
  for (let i = 0; i < words.length; i++)
    for (let rest = words[i]; rest !== 0; rest &= rest - 1) target[i * 32 + lowestOne(rest)] = packed[next++];
}

/**
 * Packed values at their positions, 0 elsewhere: length P.
 *
 * @throws `size-mismatch`
 */
export function unpack(mask: Architecture, packed: Float32Array): Float32Array {
  const values = new Float32Array(mask.size);
  unpackInto(values, mask, packed);
  return values;
}

/**
 * A copy with 0 at every position that is not live.
 *
 * @throws `size-mismatch`
 */
export function applyArchitecture(values: Float32Array, mask: Architecture): Float32Array {
  checkLength('θ', values.length, mask.size);
  const words = wordsOf(mask.bits);
  const masked = new Float32Array(values.length);
  // As bit patterns: all of them or none, without a branch.
  const from = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const to = new Uint32Array(masked.buffer);
  for (let i = 0; i < words.length; i++) {
    const word = words[i];
    if (word === 0) continue;
    const end = Math.min(values.length, i * 32 + 32);
    for (let position = i * 32; position < end; position++)
      to[position] = from[position] & -((word >>> (position & 31)) & 1);
  }
  return masked;
}
