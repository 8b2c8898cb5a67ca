import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import type { Partitioner } from '../contract.js';
import { checkClients, cut, makePartition, numberedClients } from '../deal.js';
import { dirichletDraw } from '../dirichlet-draw.js';
import { errors } from '../errors.js';
import { type LabelField, rowsByLabel } from '../label.js';
import { shuffled } from '../shuffle.js';

/** Draws before {@link dirichlet} gives up. */
const ATTEMPTS = 1000;

/** Options of {@link dirichlet}. */
export interface DirichletOptions {
  readonly clients: number;
  /** β > 0: concentration; small: each label falls to few clients. Default 0.5. */
  readonly beta?: number;
  /** Default `category`. */
  readonly label?: LabelField;
  /** Fewest rows of a client. Default 1. */
  readonly minimum?: number;
}

/**
 * Label skew: every label's rows are shuffled and cut by shares drawn from Dir(β) over the clients (Yurochkin et al.
 * 2019). Draws anew, at most a thousand times, until every client has its `minimum`.
 *
 * @throws `datasets/missing-field`, `datasets/too-few-rows`, `datasets/bad-option`; `datasets/unlucky-draw` when the attempts do not suffice.
 */
export function dirichlet({ clients, beta = 0.5, label = 'category', minimum = 1 }: DirichletOptions): Partitioner {
  return {
    name: 'dirichlet',
    partition: (rows, random) => {
      checkClients('dirichlet', rows.length, clients, minimum);
      if (!(beta > 0 && beta < Number.POSITIVE_INFINITY))
        throw errors.make('bad-option', { what: `dirichlet: beta is ${beta}`, cure: 'Use a positive number' });
      const labels = [...rowsByLabel(rows, label).values()];
      let best = 0;
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const sizes = labels.map((indices) => cutSizes(indices.length, dirichletDraw(clients, beta, random)));
        const smallest = Math.min(...Array.from({ length: clients }, (_, k) => sizes.reduce((n, s) => n + s[k], 0)));
        best = Math.max(best, smallest);
        if (smallest < minimum) continue;
        const parts = labels.map((indices, l) => {
          const order = shuffled(indices.length, random).map((i) => indices[i]);
          return cut(order, sizes[l]);
        });
        const dealt = Array.from({ length: clients }, (_, k) => parts.flatMap((part) => part[k]));
        return makePartition(rows, numberedClients(clients), dealt, label);
      }
      throw errors.make('unlucky-draw', {
        what:
          `dirichlet: in ${ATTEMPTS} draws with beta ${beta}, ${rows.length} rows and ${labels.length} labels, ` +
          `the smallest of ${clients} clients never had ${minimum} rows, at best ${best}`,
        cure: 'Raise beta, or lower minimum or the number of clients',
      });
    },
  };
}

/** Whole sizes that follow the shares: cuts at the rounded cumulative shares, so that they sum to `total`. */
function cutSizes(total: number, shares: readonly number[]): number[] {
  let share = 0;
  let before = 0;
  return shares.map((own, k) => {
    share += own;
    const until = k === shares.length - 1 ? total : Math.min(total, Math.round(share * total));
    const size = until - before;
    before = until;
    return size;
  });
}

/** Factory of {@link dirichlet}. */
export const dirichletFactory = defineStrategy({
  kind: 'partitioner',
  name: 'dirichlet',
  summary: 'Label skew: each label is cut by shares from a Dirichlet distribution.',
  optionsSchema: z.strictObject({
    clients: z.int().min(1).default(8),
    beta: z.number().positive().default(0.5),
    label: z.enum(['client', 'task', 'category']).default('category'),
    minimum: z.int().min(1).default(1),
  }),
  make: dirichlet,
});
