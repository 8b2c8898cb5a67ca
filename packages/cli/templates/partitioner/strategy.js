import { reportPartition } from '@perfit/datasets';
import { defineErrors, defineStrategy } from '@perfit/strategy';
import { z } from 'zod';

const errors = defineErrors('template-name', { 'too-few-rows': 'There are more clients than rows.' });

/**
 * Deals rows out in turn: row i to client i mod `clients`. Draw from `random` where chance plays a part; name the field
 * that it goes by under `label`, so that held-out rows follow its mix.
 *
 * @throws `template-name/too-few-rows`.
 */
export function templateName({ clients = 4 } = {}) {
  return {
    name: 'template-name',
    partition: (rows) => {
      if (rows.length < clients)
        throw errors.make('too-few-rows', {
          what: `${clients} clients need as many rows, there are ${rows.length}`,
          cure: 'Lower the number of clients, or add rows',
        });
      const dealt = new Map();
      for (let k = 0; k < clients; k++)
        dealt.set(
          `client-${k + 1}`,
          [...rows.keys()].filter((row) => row % clients === k),
        );
      return { clients: dealt, report: reportPartition(rows, dealt), label: null };
    },
  };
}

/** `template-name` in a configuration. */
export const templateNameFactory = defineStrategy({
  kind: 'partitioner',
  name: 'template-name',
  summary: 'Rows dealt out in turn.',
  optionsSchema: z.strictObject({ clients: z.int().min(1).default(4) }),
  make: templateName,
});
