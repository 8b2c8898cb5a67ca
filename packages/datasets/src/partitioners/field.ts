import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import type { Partitioner } from '../contract.js';
import { checkClients, cut, evenSizes, makePartition } from '../deal.js';
import { errors } from '../errors.js';
import { type LabelField, rowsByLabel } from '../label.js';

/** Options of {@link field}. */
export interface FieldOptions {
  /** Default `client`. */
  readonly field?: LabelField;
  /** Clients that share a value's rows, in consecutive runs of file order. Default 1. */
  readonly clientsPerValue?: number;
  /** Rows of each client; what is left of a value is not dealt. Default: all, evenly. */
  readonly rowsPerClient?: number | undefined;
  /** The values to use, in this order. Default: all, in order of appearance. */
  readonly values?: readonly string[] | undefined;
}

/**
 * Goes by a field of the rows: one client a value, named after it, or `clientsPerValue` clients named `value-1`,
 * `value-2`, … Draws nothing.
 *
 * With `clientsPerValue: 2, rowsPerClient: 40` a value's rows 0–39 are `value-1`'s and rows 40–79 are `value-2`'s.
 *
 * @throws `datasets/missing-field`, `datasets/unknown-value`, `datasets/client-name`, `datasets/too-few-rows`.
 */
export function field(options: FieldOptions = {}): Partitioner {
  const { field: name = 'client', clientsPerValue = 1, rowsPerClient, values } = options;
  return {
    name: 'field',
    partition: (rows) => {
      const groups = rowsByLabel(rows, name);
      checkClients('field', rows.length, 1);
      const names: string[] = [];
      const parts: number[][] = [];
      for (const value of values ?? groups.keys()) {
        const indices = groups.get(value);
        if (indices === undefined)
          throw errors.make('unknown-value', {
            what: `no row has ${name} ${JSON.stringify(value)}`,
            cure: `Use values out of ${[...groups.keys()].slice(0, 12).join(', ')}`,
          });
        checkName(value);
        checkClients(`field: ${name} ${value}`, indices.length, clientsPerValue, rowsPerClient);
        const sizes =
          rowsPerClient === undefined
            ? evenSizes(indices.length, clientsPerValue)
            : new Array<number>(clientsPerValue).fill(rowsPerClient);
        parts.push(...cut(indices, sizes));
        names.push(...(clientsPerValue === 1 ? [value] : sizes.map((_, i) => `${value}-${i + 1}`)));
      }
      checkDistinct(names);
      return makePartition(rows, names, parts, name);
    },
  };
}

/** Client names become folders of a run. */
function checkName(value: string): void {
  if (!/^[^/\\\p{Cc}]+$/u.test(value) || value === '.' || value === '..')
    throw errors.make('client-name', {
      what: `${JSON.stringify(value)} cannot name a client`,
      cure: 'Leave out slashes, control characters and dots alone',
    });
}

function checkDistinct(names: readonly string[]): void {
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    throw errors.make('client-name', {
      what: `two clients would be called ${JSON.stringify(twice)}`,
      cure: 'List every value once, and rename values that end in a number',
    });
}

/** Factory of {@link field}. */
export const fieldFactory = defineStrategy({
  kind: 'partitioner',
  name: 'field',
  summary: 'By the rows’ own client, task or category.',
  optionsSchema: z.strictObject({
    field: z.enum(['client', 'task', 'category']).default('client'),
    clientsPerValue: z.int().min(1).default(1),
    rowsPerClient: z.int().min(1).optional(),
    values: z
      .array(z.union([z.string(), z.number()]).transform(String))
      .min(1)
      .optional(),
  }),
  make: field,
});
