import {
  type Dataset,
  type Encode,
  embeddedDataset,
  encodeRow,
  heldOutRows,
  loadDataset,
  type Partition,
  type Partitioner,
  type Prompt,
  type Row,
  shuffleRows,
  splitRows,
  tailSplit,
} from '@perfit/datasets';
import type { Configuration } from './configuration.js';
import type { ClientData, RandomStreams } from './contract.js';
import { errors } from './errors.js';
import { type ExampleFile, exampleFile } from './example-file.js';

/** Share of a client's rows that become test rows where the data set brings none. */
const TEST_SHARE = 0.2;

/** What turns rows into examples. */
export interface RowEncoding {
  readonly prompt: Prompt;
  readonly encode: Encode;
  readonly eosId: number;
  /** Longest example, prompt and response together; undefined: no limit but the context. */
  readonly maxTokens: number | undefined;
  /** The model's context: longer rows are cut likewise. */
  readonly context: number;
}

/** The data of a run, dealt out to its clients. Owns the file in which their rows lie. */
export interface FederatedData {
  readonly name: string;
  readonly sha256: string;
  readonly clients: readonly ClientData[];
  readonly partition: Pick<Partition, 'report'>;
  /** Closes the file: the clients' rows cannot be read any more. */
  readonly close: () => void;
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
 * Deals a data set out to clients and encodes it. Training rows, shuffled by the seed where `data.shuffle` says so (files
 * often hold runs of one label), go by the partitioner; of each client's rows the last
 * `validation.share` validate, unless the data set brings validation rows. A client's test rows are those test rows
 * that carry its mix of labels (the partitioner's own field), in file order; a data set without test rows gives up a
 * share of each client's rows, drawn by the seed. Where `validation.scored` says so, validation rows stand in for test
 * rows. Tokens and text of a client go to a file as soon as they are made; memory keeps where they are.
 */
export function dealOut(
  dataset: Dataset,
  partitioner: Partitioner,
  configuration: Configuration,
  encoding: RowEncoding,
  streams: RandomStreams,
): FederatedData {
  const {
    trainRows,
    testRows,
    shuffle = false,
  } = typeof configuration.data === 'string'
    ? ({} as Partial<Exclude<Configuration['data'], string>>)
    : configuration.data;
  const all = shuffle ? shuffleRows(dataset.train, streams.stream('shuffle')) : dataset.train;
  const partition = partitioner.partition(all, streams.stream('partition'));
  const matching = (heldOut: readonly Row[]) => {
    const indices = heldOutRows({ rows: all, partition, heldOut });
    return (client: string) => indices.get(client)!.map((index) => heldOut[index]!);
  };
  const testOf = dataset.test.length > 0 ? matching(dataset.test) : null;
  const validationOf = dataset.validation.length > 0 ? matching(dataset.validation) : null;
  const file = exampleFile();
  const deal = ([id, indices]: readonly [string, readonly number[]]): ClientData => {
    const own = indices.map((index) => all[index]!);
    const held = testOf
      ? { train: own, test: testOf(id) }
      : splitRows(own, TEST_SHARE, streams.stream('test-split', id));
    const rows = held.train.slice(0, trainRows);
    const { head: train, tail } = validationOf
      ? { head: rows, tail: validationOf(id) }
      : tailSplit(rows, configuration.validation.share);
    const test = configuration.validation.scored ? tail : held.test.slice(0, testRows);
    if (train.length === 0 || test.length === 0) {
      throw errors.make('empty-client', {
        what: `client ${id} has ${train.length} training and ${test.length} test rows`,
        cure: 'Give it rows, or use fewer clients',
      });
    }
    return putAway(file, encoding, id, { train, validation: tail, test });
  };
  try {
    const clients = [...partition.clients].map(deal);
    const { name, sha256 } = dataset;
    return { name, sha256, clients, partition: { report: partition.report }, close: file.close };
  } catch (thrown) {
    file.close();
    throw thrown;
  }
}

/**
 * A client's rows on disk. A function of its own: what is made inside of {@link dealOut} and lives on would keep all that
 * it closes over, and so the rows of everyone.
 */
function putAway(
  file: ExampleFile,
  encoding: RowEncoding,
  id: string,
  { train, validation, test }: Readonly<Record<'train' | 'validation' | 'test', readonly Row[]>>,
): ClientData {
  const store = (rows: readonly Row[]) => file.store(rows.map((row) => encodeRow(row, encoding)));
  const [trainText, testText] = [file.storeRows(train), file.storeRows(test)];
  return {
    id,
    train: store(train),
    validation: store(validation),
    test: store(test),
    rows: () => ({ train: trainText(), test: testText() }),
  };
}
