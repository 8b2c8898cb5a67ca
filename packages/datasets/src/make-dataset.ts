import { createHash } from 'node:crypto';
import type { Dataset, Row } from './contract.js';
import { canonicalRow } from './write-rows.js';

/**
 * A data set of rows, with its digest: sha256 over the canonical lines of each split, so that it depends on the rows,
 * their order and their split, not on the file's formatting.
 */
export function makeDataset(
  name: string,
  splits: { readonly train: readonly Row[]; readonly validation?: readonly Row[]; readonly test?: readonly Row[] },
): Dataset {
  const { train, validation = [], test = [] } = splits;
  const hash = createHash('sha256');
  for (const [split, rows] of Object.entries({ train, validation, test })) {
    hash.update(`${split} ${rows.length}\n`);
    for (const row of rows) hash.update(`${canonicalRow(row)}\n`);
  }
  return { name, train, validation, test, sha256: hash.digest('hex') };
}
