import type { Partition, Row } from './contract.js';
import { errors } from './errors.js';
import type { LabelField } from './label.js';
import { reportPartition } from './partition-report.js';

/** `client-01` … `client-12`: of one width, so that sorting by name sorts by number. */
export function numberedClients(clients: number): string[] {
  const width = String(clients).length;
  return Array.from({ length: clients }, (_, i) => `client-${String(i + 1).padStart(width, '0')}`);
}

/**
 * Checks that rows suffice for `clients` clients of at least `minimum` rows each.
 *
 * @throws `datasets/bad-option`, `datasets/too-few-rows`.
 */
export function checkClients(partitioner: string, rows: number, clients: number, minimum = 1): void {
  for (const [name, value] of Object.entries({ clients, minimum }))
    if (!(Number.isInteger(value) && value >= 1))
      throw errors.make('bad-option', {
        what: `${partitioner}: ${name} is ${value}`,
        cure: 'Use a whole number from 1 up',
      });
  if (rows < clients * minimum)
    throw errors.make('too-few-rows', {
      what: `${partitioner}: ${clients} clients of at least ${minimum} need ${clients * minimum} rows, there are ${rows}`,
      cure: 'Lower the number of clients, or add rows',
    });
}

/** Cuts `total` into `parts` whole numbers that differ by at most 1, the larger ones first. */
export function evenSizes(total: number, parts: number): number[] {
  return Array.from({ length: parts }, (_, i) => Math.floor(total / parts) + (i < total % parts ? 1 : 0));
}

/** Cuts `items` into consecutive parts of the given sizes. */
export function cut<T>(items: readonly T[], sizes: readonly number[]): T[][] {
  let start = 0;
  return sizes.map((size) => {
    start += size;
    return items.slice(start - size, start);
  });
}

/** The partition that gives each named client its rows, indices ascending, with its report. */
export function makePartition(
  rows: readonly Row[],
  names: readonly string[],
  parts: readonly (readonly number[])[],
  label: LabelField | null,
): Partition {
  const clients = new Map(names.map((name, k) => [name, [...parts[k]].sort((a, b) => a - b)] as const));
  // By client every client differs from every other, which says nothing about its data.
  return { clients, report: reportPartition(rows, clients, label === 'client' ? null : label), label };
}
