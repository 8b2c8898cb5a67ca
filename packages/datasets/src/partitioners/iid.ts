import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import type { Partitioner } from '../contract.js';
import { checkClients, cut, evenSizes, makePartition, numberedClients } from '../deal.js';
import { shuffled } from '../shuffle.js';

/**
 * Shuffles the rows and deals them evenly: sizes differ by at most 1.
 *
 * @throws `datasets/too-few-rows` when there are more clients than rows.
 */
export function iid({ clients }: { readonly clients: number }): Partitioner {
  return {
    name: 'iid',
    partition: (rows, random) => {
      checkClients('iid', rows.length, clients);
      const parts = cut(shuffled(rows.length, random), evenSizes(rows.length, clients));
      return makePartition(rows, numberedClients(clients), parts, null);
    },
  };
}

/** Factory of {@link iid}. */
export const iidFactory = defineStrategy({
  kind: 'partitioner',
  name: 'iid',
  summary: 'Rows dealt evenly after a shuffle.',
  optionsSchema: z.strictObject({ clients: z.int().min(1).default(8) }),
  make: iid,
});
