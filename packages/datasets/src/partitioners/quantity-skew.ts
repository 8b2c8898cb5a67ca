import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import type { Partitioner } from '../contract.js';
import { checkClients, cut, makePartition, numberedClients } from '../deal.js';
import { dirichletDraw } from '../dirichlet-draw.js';
import { errors } from '../errors.js';
import { shuffled } from '../shuffle.js';

/** Options of {@link quantitySkew}: `beta` or `exponent`, not both. */
export interface QuantitySkewOptions {
  readonly clients: number;
  /** β > 0: sizes by shares from Dir(β). Default 0.5 where no exponent is given. */
  readonly beta?: number | undefined;
  /** a ≥ 0: the k-th client's size is proportional to k^−a. */
  readonly exponent?: number | undefined;
  /** Rows that every client has before the rest is shared out. Default 1. */
  readonly minimum?: number;
}

/**
 * Quantity skew: labels alike, sizes not. Every client has `minimum` rows, the rest follows the shares, by largest
 * remainder (ours), so that no draw has to be repeated.
 *
 * @throws `datasets/bad-option`, `datasets/too-few-rows`.
 */
export function quantitySkew({ clients, beta, exponent, minimum = 1 }: QuantitySkewOptions): Partitioner {
  return {
    name: 'quantity-skew',
    partition: (rows, random) => {
      checkClients('quantity-skew', rows.length, clients, minimum);
      checkShape(beta, exponent);
      const shares =
        exponent === undefined
          ? dirichletDraw(clients, beta ?? 0.5, random)
          : Array.from({ length: clients }, (_, k) => (k + 1) ** -exponent);
      const sizes = apportion(rows.length - clients * minimum, shares).map((size) => size + minimum);
      return makePartition(rows, numberedClients(clients), cut(shuffled(rows.length, random), sizes), null);
    },
  };
}

function checkShape(beta: number | undefined, exponent: number | undefined): void {
  const wrong =
    (beta !== undefined && exponent !== undefined) ||
    (beta !== undefined && !(beta > 0 && beta < Number.POSITIVE_INFINITY)) ||
    (exponent !== undefined && !(exponent >= 0 && exponent < Number.POSITIVE_INFINITY));
  if (wrong)
    throw errors.make('bad-option', {
      what: `quantity-skew: beta is ${beta} and exponent is ${exponent}`,
      cure: 'Give beta > 0 or exponent ≥ 0, not both',
    });
}

/** Shares `total` out in whole numbers by the largest remainders; ties go to the earlier part. */
function apportion(total: number, shares: readonly number[]): number[] {
  const sum = shares.reduce((a, b) => a + b, 0);
  const exact = shares.map((share) => (share / sum) * total);
  const sizes = exact.map(Math.floor);
  const left = total - sizes.reduce((a, b) => a + b, 0);
  const byRemainder = exact.map((_, k) => k).sort((a, b) => exact[b] - sizes[b] - (exact[a] - sizes[a]) || a - b);
  for (const k of byRemainder.slice(0, left)) sizes[k]++;
  return sizes;
}

/** Factory of {@link quantitySkew}. */
export const quantitySkewFactory = defineStrategy({
  kind: 'partitioner',
  name: 'quantity-skew',
  summary: 'Labels alike, sizes by a Dirichlet draw or a power law.',
  optionsSchema: z
    .strictObject({
      clients: z.int().min(1).default(8),
      beta: z.number().positive().optional(),
      exponent: z.number().min(0).optional(),
      minimum: z.int().min(1).default(1),
    })
    .refine(({ beta, exponent }) => beta === undefined || exponent === undefined, 'beta or exponent, not both'),
  make: quantitySkew,
});
