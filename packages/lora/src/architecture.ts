import type { Architecture } from './contract.js';
import { errors } from './errors.js';

/**
 * A bit mask as whole 32-bit words, least significant bit first: a view where the bytes lie so, else a copy, the last
 * word filled up with 0. Masks are walked by words, since a loop that ends is a branch that the processor guesses wrong.
 */
export function wordsOf({ buffer, byteOffset, length }: Uint8Array): Int32Array {
  if ((byteOffset | length) % 4 === 0) return new Int32Array(buffer, byteOffset, length / 4);
  const words = new Int32Array(Math.ceil(length / 4));
  new Uint8Array(words.buffer).set(new Uint8Array(buffer, byteOffset, length));
  return words;
}

/** Counts the ones of a 32-bit word. */
export function onesOf(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const nibbles = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((nibbles + (nibbles >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Counts the ones of a bit mask. */
export function countOnes(bits: Uint8Array): number {
  const words = wordsOf(bits);
  let count = 0;
  for (let i = 0; i < words.length; i++) count += onesOf(words[i]);
  return count;
}

/** The bits of the last byte that belong to a mask of that size. */
function lastByte(size: number): number {
  return size % 8 === 0 ? 255 : (1 << (size % 8)) - 1;
}

/** Every position live. */
export function fullArchitecture(size: number): Architecture {
  const bits = new Uint8Array(Math.ceil(size / 8)).fill(255);
  if (bits.length) bits[bits.length - 1] = lastByte(size);
  return { size, live: size, bits };
}

/** No position live. */
export function emptyArchitecture(size: number): Architecture {
  return { size, live: 0, bits: new Uint8Array(Math.ceil(size / 8)) };
}

/**
 * The positions that a predicate accepts, or that a list names (in any order, repeated ones once).
 *
 * @throws `bad-position`
 * @example
 * architectureFrom(10, (position) => position % 2 === 0).live; // 5
 * architectureFrom(10, [3, 4]).live; // 2
 */
export function architectureFrom(size: number, live: ((position: number) => boolean) | Iterable<number>): Architecture {
  const bits = new Uint8Array(Math.ceil(size / 8));
  if (typeof live === 'function') {
    for (let position = 0; position < size; position++) if (live(position)) bits[position >> 3] |= 1 << (position & 7);
  } else {
    for (const position of live) {
      if (!Number.isInteger(position) || position < 0 || position >= size)
        throw errors.make('bad-position', {
          what: `position ${position} is not in a layout of ${size}`,
          cure: `Give whole numbers from 0 to ${size - 1}`,
        });
      bits[position >> 3] |= 1 << (position & 7);
    }
  }
  return { size, live: countOnes(bits), bits };
}

/**
 * A bit mask from bytes, least significant bit first, as `mask.bin` holds it. Copies them.
 *
 * @throws `bad-bits` unless there are ⌈size / 8⌉ bytes and the bits past `size` are 0
 */
export function architectureFromBytes(size: number, bytes: Uint8Array): Architecture {
  const expected = Math.ceil(size / 8);
  const cure = 'Use the mask that was written with this layout';
  if (bytes.length !== expected)
    throw errors.make('bad-bits', {
      what: `a mask of ${size} positions takes ${expected} bytes, got ${bytes.length}`,
      cure,
    });
  if (expected && bytes[expected - 1] & ~lastByte(size))
    throw errors.make('bad-bits', { what: `the mask has ones past its ${size} positions`, cure });
  const bits = Uint8Array.from(bytes);
  return { size, live: countOnes(bits), bits };
}

/** Whether a position is live. */
export function isLive(architecture: Architecture, position: number): boolean {
  return (architecture.bits[position >> 3] & (1 << (position & 7))) !== 0;
}

/** The live positions, ascending: length `architecture.live`. */
export function livePositions({ bits, live }: Architecture): Uint32Array {
  const words = wordsOf(bits);
  const positions = new Uint32Array(live);
  let next = 0;
  for (let i = 0; i < words.length; i++)
    for (let rest = words[i]; rest !== 0; rest &= rest - 1) positions[next++] = i * 32 + lowestOne(rest);
  return positions;
}

/**
 * The live positions that a predicate accepts; it is asked for each once, ascending.
 *
 * @example
 * filterArchitecture(architecture, (position) => scores[position] > 0);
 */
export function filterArchitecture({ size, bits }: Architecture, keep: (position: number) => boolean): Architecture {
  const words = wordsOf(bits);
  const kept = new Int32Array(words.length);
  for (let i = 0; i < words.length; i++)
    for (let rest = words[i]; rest !== 0; rest &= rest - 1) if (keep(i * 32 + lowestOne(rest))) kept[i] |= rest & -rest;
  const left = new Uint8Array(kept.buffer, 0, bits.length);
  return { size, live: countOnes(left), bits: left };
}

/** Index of the lowest one of a 32-bit word that has one. */
export function lowestOne(word: number): number {
  return 31 - Math.clz32(word & -word);
}
