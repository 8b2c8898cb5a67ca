import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import type { Partitioner } from '../contract.js';
import { checkClients, cut, evenSizes, makePartition, numberedClients } from '../deal.js';
import { type LabelField, rowsByLabel } from '../label.js';
import { shuffled } from '../shuffle.js';

/** Options of {@link shards}. */
export interface ShardsOptions {
  readonly clients: number;
  /** Default 2. */
  readonly shardsPerClient?: number;
  /** Default `category`. */
  readonly label?: LabelField;
}

/**
 * The pathological split of McMahan et al. (2017): rows sorted by label, cut into clients · shardsPerClient shards of
 * even size, dealt at random; a client sees about `shardsPerClient` labels.
 *
 * @throws `datasets/missing-field`, `datasets/too-few-rows` when there are more shards than rows.
 */
export function shards({ clients, shardsPerClient = 2, label = 'category' }: ShardsOptions): Partitioner {
  return {
    name: 'shards',
    partition: (rows, random) => {
      checkClients('shards', rows.length, clients, shardsPerClient);
      const groups = rowsByLabel(rows, label);
      const sorted = [...groups.keys()].sort().flatMap((value) => groups.get(value)!);
      const pieces = cut(sorted, evenSizes(rows.length, clients * shardsPerClient));
      const dealt = cut(shuffled(pieces.length, random), evenSizes(pieces.length, clients));
      const parts = dealt.map((own) => own.flatMap((piece) => pieces[piece]));
      return makePartition(rows, numberedClients(clients), parts, label);
    },
  };
}

/** Factory of {@link shards}. */
export const shardsFactory = defineStrategy({
  kind: 'partitioner',
  name: 'shards',
  summary: 'Rows sorted by label, each client a few consecutive shards.',
  optionsSchema: z.strictObject({
    clients: z.int().min(1).default(8),
    shardsPerClient: z.int().min(1).default(2),
    label: z.enum(['client', 'task', 'category']).default('category'),
  }),
  make: shards,
});
