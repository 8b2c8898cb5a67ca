import { countOnes, wordsOf } from './architecture.js';
import type { Architecture } from './contract.js';
import { errors } from './errors.js';

function sameSize(a: Architecture, b: Architecture): void {
  if (a.size !== b.size)
    throw errors.make('size-mismatch', {
      what: `architectures of ${a.size} and ${b.size} positions cannot be compared`,
      cure: 'Use architectures of one layout',
    });
}

function combine(a: Architecture, b: Architecture, word: (x: number, y: number) => number): Architecture {
  sameSize(a, b);
  const [ofA, ofB] = [wordsOf(a.bits), wordsOf(b.bits)];
  const words = new Int32Array(ofA.length);
  for (let i = 0; i < words.length; i++) words[i] = word(ofA[i], ofB[i]);
  const bits = new Uint8Array(words.buffer, 0, a.bits.length);
  return { size: a.size, live: countOnes(bits), bits };
}

/** a ∧ b. */
export function intersect(a: Architecture, b: Architecture): Architecture {
  return combine(a, b, (x, y) => x & y);
}

/** a ∨ b. */
export function union(a: Architecture, b: Architecture): Architecture {
  return combine(a, b, (x, y) => x | y);
}

/** a ∧ ¬b. */
export function difference(a: Architecture, b: Architecture): Architecture {
  return combine(a, b, (x, y) => x & ~y);
}

/** Whether two architectures have the same size and the same live positions. */
export function equalArchitectures(a: Architecture, b: Architecture): boolean {
  if (a.size !== b.size || a.live !== b.live) return false;
  const [ofA, ofB] = [wordsOf(a.bits), wordsOf(b.bits)];
  return ofA.every((word, i) => word === ofB[i]);
}

/** Jaccard index |a ∧ b| / |a ∨ b| (Jaccard 1901), from 0 (nothing in common) to 1 (equal; two empty ones included). */
export function jaccard(a: Architecture, b: Architecture): number {
  const common = intersect(a, b).live;
  const either = a.live + b.live - common;
  return either === 0 ? 1 : common / either;
}

/**
 * The Jaccard index that independent random masks of these densities (live / size) have on a large layout:
 * ab / (a + b − ab). What architectures are compared with before they are called alike.
 */
export function expectedJaccard(densityA: number, densityB: number): number {
  const common = densityA * densityB;
  const either = densityA + densityB - common;
  return either === 0 ? 1 : common / either;
}
