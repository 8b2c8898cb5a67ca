import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Row } from './contract.js';

/** A row as one line of JSON, fields in a fixed order: equal rows give equal lines. */
export function canonicalRow({ instruction, input, output, client, task, category }: Row): string {
  return JSON.stringify({ instruction, input, output, client, task, category });
}

/** Writes rows as JSON Lines, the whole file or nothing; makes the directory. `readRows` gives them back equal. */
export function writeRows(path: string, rows: readonly Row[]): void {
  mkdirSync(dirname(path), { recursive: true });
  const partial = `${path}.partial-${process.pid}`;
  writeFileSync(partial, rows.map((row) => `${canonicalRow(row)}\n`).join(''));
  renameSync(partial, path);
}
