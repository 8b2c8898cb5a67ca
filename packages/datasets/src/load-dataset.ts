import { existsSync, statSync } from 'node:fs';
import { basename, extname, join, resolve } from 'node:path';
import type { Dataset } from './contract.js';
import { errors } from './errors.js';
import { makeDataset } from './make-dataset.js';
import { readRows } from './read-rows.js';

/**
 * Loads a data set: a directory with train.jsonl, test.jsonl and optionally validation.jsonl, or one JSON Lines file,
 * whose rows are all `train` (the runtime then splits per client, by the seed).
 *
 * @throws `datasets/file-not-found`, `datasets/missing-split`, and whatever {@link readRows} throws.
 */
export function loadDataset(path: string): Dataset {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined)
    throw errors.make('file-not-found', { what: `no data at ${path}`, cure: 'Check the path, or use data: embedded' });
  if (!stat.isDirectory()) return makeDataset(basename(path, extname(path)), { train: readRows(path) });
  const split = (name: string) => join(path, `${name}.jsonl`);
  for (const name of ['train', 'test'])
    if (!existsSync(split(name)))
      throw errors.make('missing-split', {
        what: `${path} has no ${name}.jsonl`,
        cure: 'Add it, or give one JSON Lines file to have it split by the seed',
      });
  const validation = existsSync(split('validation')) ? readRows(split('validation')) : [];
  return makeDataset(basename(resolve(path)), {
    train: readRows(split('train')),
    validation,
    test: readRows(split('test')),
  });
}
