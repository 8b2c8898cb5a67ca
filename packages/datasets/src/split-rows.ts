import type { Random } from '@perfit/strategy';
import { errors } from './errors.js';
import { shuffled } from './shuffle.js';

function held(total: number, share: number): number {
  if (!(share >= 0 && share < 1))
    throw errors.make('bad-option', { what: `a share of ${share} cannot be split off`, cure: 'Use 0 ≤ share < 1' });
  return Math.floor(total * share);
}

/**
 * Splits the last ⌊n · share⌋ rows off: a client's validation rows are the last fifth of its training rows.
 *
 * @throws `datasets/bad-option` for a share outside of [0, 1).
 */
export function tailSplit<T>(rows: readonly T[], share: number): { readonly head: T[]; readonly tail: T[] } {
  const cut = rows.length - held(rows.length, share);
  return { head: rows.slice(0, cut), tail: rows.slice(cut) };
}

/**
 * Splits ⌊n · share⌋ rows off as test rows, drawn from `random`; both parts keep the order of the file.
 *
 * @throws `datasets/bad-option` for a share outside of [0, 1).
 */
export function splitRows<T>(
  rows: readonly T[],
  share: number,
  random: Random,
): { readonly train: T[]; readonly test: T[] } {
  const test = new Set(shuffled(rows.length, random).slice(0, held(rows.length, share)));
  return { train: rows.filter((_, i) => !test.has(i)), test: rows.filter((_, i) => test.has(i)) };
}
