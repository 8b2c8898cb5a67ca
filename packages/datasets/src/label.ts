import type { Partition, Row } from './contract.js';
import { errors } from './errors.js';

/** The field of a row that a partitioner goes by. */
export type LabelField = NonNullable<Partition['label']>;

/** Items by key, keys in order of appearance. */
export function groupBy<T>(items: Iterable<T>, keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}

/**
 * The rows' indices by the value of a field, values in order of appearance.
 *
 * @throws `datasets/missing-field` when a row lacks it.
 */
export function rowsByLabel(rows: readonly Row[], field: LabelField): Map<string, number[]> {
  return groupBy(rows.keys(), (index) => {
    const value = rows[index][field];
    if (value === undefined)
      throw errors.make('missing-field', {
        what: `row ${index} of ${rows.length} has no "${field}"`,
        cure: `Give every row a "${field}", or use another partitioner, such as iid`,
      });
    return value;
  });
}
