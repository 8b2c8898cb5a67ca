import type { Random } from '@perfit/strategy';

/** The numbers 0 … n − 1 in an order drawn from `random` (Fisher–Yates, n − 1 draws). */
export function shuffled(n: number, random: Random): number[] {
  const order = Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

/** The rows in an order drawn from `random`. */
export function shuffleRows<T>(rows: readonly T[], random: Random): T[] {
  return shuffled(rows.length, random).map((index) => rows[index]);
}
