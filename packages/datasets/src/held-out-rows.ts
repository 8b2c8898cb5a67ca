import type { Partition, Row } from './contract.js';
import { errors } from './errors.js';
import { groupBy } from './label.js';

/** What {@link heldOutRows} matches. */
export interface HeldOutOptions {
  /** The rows that were dealt. */
  readonly rows: readonly Row[];
  readonly partition: Partition;
  /** Test or validation rows of the same source. */
  readonly heldOut: readonly Row[];
  /** Most rows of a client. Default: no limit. */
  readonly limit?: number;
}

/**
 * The held-out rows of each client: as many as there are in the mix of its own rows over the partition's label, the
 * first of each label in file order, so that a client is tested on what it trains on. Without a label all rows are
 * everybody's. Clients with the same label share rows.
 *
 * Of label l a client with n_l of n rows gets ⌊s · n_l + ½⌋ rows, s the largest scale at which no label runs out
 * (ours); labels that the held-out rows lack are passed over.
 *
 * @returns indices into `heldOut`, ascending, by client.
 * @throws `datasets/too-few-rows` when a client would have none.
 */
export function heldOutRows(options: HeldOutOptions): Map<string, number[]> {
  const { rows, partition, heldOut, limit = Number.POSITIVE_INFINITY } = options;
  const { label } = partition;
  const labelOf = (row: Row) => (label === null ? '' : (row[label] ?? ''));
  const supply = groupBy(heldOut.keys(), (i) => labelOf(heldOut[i]));
  const match = (indices: readonly number[]): number[] => {
    const labels = indices.map((i) => labelOf(rows[i])).filter((l) => supply.has(l));
    const mix = [...groupBy(labels, (l) => l)].map(([l, own]) => ({ count: own.length, from: supply.get(l)! }));
    const scale = Math.min(limit / labels.length, ...mix.map(({ count, from }) => from.length / count));
    return mix.flatMap(({ count, from }) => from.slice(0, Math.round(scale * count))).sort((a, b) => a - b);
  };
  const byClient = new Map([...partition.clients].map(([client, indices]) => [client, match(indices)] as const));
  for (const [client, indices] of byClient)
    if (indices.length === 0)
      throw errors.make('too-few-rows', {
        what: `client ${client} has no held-out row of its own ${label ?? 'data'}`,
        cure: label === null ? 'Add held-out rows' : `Add held-out rows of each ${label}`,
      });
  return byClient;
}
