import {
  type Dataset,
  type Encode,
  embeddedDataset,
  encodeRow,
  loadDataset,
  type Partition,
  type Partitioner,
  type Prompt,
  type Row,
} from '@perfit/datasets';
import type { Configuration } from './configuration.js';
import type { ClientData, RandomStreams } from './contract.js';
import { errors } from './errors.js';

/** What turns rows into examples. */
export interface RowEncoding {
  readonly prompt: Prompt;
  readonly encode: Encode;
  readonly eosId: number;
  readonly maxTokens: number;
}

/** The data of a run, dealt out to its clients. */
export interface FederatedData {
  readonly name: string;
  readonly sha256: string;
  readonly clients: readonly ClientData[];
  readonly partition: Partition;
}

/** Reads the configured data set and checks its digest where the configuration records one. */
export function openDataset(data: Configuration['data']): Dataset {
  const { path, sha256 } = typeof data === 'string' ? { path: data, sha256: undefined } : data;
  const dataset = path === 'embedded' ? embeddedDataset() : loadDataset(path);
  if (sha256 !== undefined && dataset.sha256 !== sha256) {
    throw errors.make('data-changed', {
      what: `${path} holds other rows than the run recorded: sha256 ${dataset.sha256.slice(0, 12)}…, expected ${sha256.slice(0, 12)}…`,
      cure: 'Give the data of that run, or start a new run',
    });
  }
  return dataset;
}

/**
 * Deals a data set out to clients and encodes it. Training rows go by the partitioner; of each client's rows the last
 * `validation.share` validate, unless the data set brings validation rows. A client's test rows are those test rows
 * that carry its mix of labels (the partitioner's own field), in file order; a data set without test rows gives up a
 * share of each client's rows, drawn by the seed.
 */
export function dealOut(
  dataset: Dataset,
  partitioner: Partitioner,
  configuration: Configuration,
  encoding: RowEncoding,
  streams: RandomStreams,
): FederatedData {
  const partition = partitioner.partition(dataset.train, streams.stream('partition'));
  const limits: { readonly trainRows?: number | undefined; readonly testRows?: number | undefined } =
    typeof configuration.data === 'string' ? {} : configuration.data;
  const share = configuration.validation.share;
  const encode = (rows: readonly Row[]) => rows.map((row) => encodeRow(row, encoding));
  const clients = [...partition.clients].map(([id, indices]): ClientData => {
    const own = indices.map((index) => dataset.train[index]!);
    const held =
      dataset.test.length > 0
        ? { rest: own, taken: matching(own, dataset.test, partition.label) }
        : draw(own, 0.2, streams.stream('test-split', id));
    const rows = held.rest.slice(0, limits.trainRows);
    const brought = dataset.validation.length > 0 ? matching(own, dataset.validation, partition.label) : [];
    const cut = brought.length > 0 ? rows.length : Math.ceil(rows.length * (1 - share));
    const train = rows.slice(0, cut);
    const test = held.taken.slice(0, limits.testRows);
    if (train.length === 0 || test.length === 0) {
      throw errors.make('empty-client', {
        what: `client ${id} has ${train.length} training and ${test.length} test rows`,
        cure: 'Give it rows, or use fewer clients',
      });
    }
    return {
      id,
      train: encode(train),
      validation: encode(brought.length > 0 ? brought : rows.slice(cut)),
      test: encode(test),
      rows: { train, test },
    };
  });
  return { name: dataset.name, sha256: dataset.sha256, clients, partition };
}

/** The rows that carry a client's mix of labels: as many as keep the proportions of its own rows, in file order. */
function matching(own: readonly Row[], rows: readonly Row[], label: Partition['label']): readonly Row[] {
  if (label === null) return rows;
  const labelOf = (row: Row) => row[label] ?? '';
  const ownCounts = countBy(own, labelOf);
  const available = countBy(rows, labelOf);
  const reach = [...ownCounts]
    .map(([value, count]) => (available.get(value) ?? 0) / count)
    .filter((ratio) => ratio > 0);
  const scale = reach.length > 0 ? Math.min(...reach) : 0;
  const left = new Map([...ownCounts].map(([value, count]) => [value, Math.max(1, Math.round(count * scale))]));
  return rows.filter((row) => {
    const remaining = left.get(labelOf(row)) ?? 0;
    if (remaining > 0) left.set(labelOf(row), remaining - 1);
    return remaining > 0;
  });
}

function countBy(rows: readonly Row[], labelOf: (row: Row) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const row of rows) counts.set(labelOf(row), (counts.get(labelOf(row)) ?? 0) + 1);
  return counts;
}

/** Draws a share of the rows without replacement; what is left keeps its order. */
function draw(
  rows: readonly Row[],
  share: number,
  random: () => number,
): { rest: readonly Row[]; taken: readonly Row[] } {
  const chosen = new Set<number>();
  const wanted = Math.max(1, Math.round(rows.length * share));
  while (chosen.size < Math.min(wanted, rows.length - 1)) chosen.add(Math.floor(random() * rows.length));
  return { rest: rows.filter((_, index) => !chosen.has(index)), taken: rows.filter((_, index) => chosen.has(index)) };
}
