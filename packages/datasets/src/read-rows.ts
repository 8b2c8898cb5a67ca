import { readFileSync } from 'node:fs';
import type { Row } from './contract.js';
import { errors } from './errors.js';
import { parseRow } from './parse-row.js';

const NEWLINE = 0x0a;

/**
 * Reads a JSON Lines file of rows, with Alpaca's or Dolly's field names; blank lines are skipped.
 *
 * @returns the rows in file order, at least one.
 * @throws `datasets/file-not-found`, `datasets/empty-file`, and `datasets/not-utf8` or `datasets/malformed-row` with
 * FILE:LINE.
 */
export function readRows(path: string): Row[] {
  const bytes = readBytes(path);
  const rows: Row[] = [];
  for (let start = 0, line = 1; start < bytes.length; line++) {
    const newline = bytes.indexOf(NEWLINE, start);
    const end = newline < 0 ? bytes.length : newline;
    const text = decode(bytes.subarray(start, end), `${path}:${line}`);
    if (text.trim() !== '') rows.push(readRow(text, `${path}:${line}`));
    start = end + 1;
  }
  if (rows.length === 0)
    throw errors.make('empty-file', { what: `${path} holds no row`, cure: 'Write one JSON object a line' });
  return rows;
}

function readBytes(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? 'unreadable';
    throw errors.make('file-not-found', { what: `cannot read ${path} (${reason})`, cure: 'Check the path', cause });
  }
}

function decode(bytes: Uint8Array, place: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw errors.make('not-utf8', { what: `${place} is not UTF-8`, cure: 'Save the file as UTF-8', cause });
  }
}

function readRow(text: string, place: string): Row {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const cure = 'Write one JSON object a line (JSON Lines, not one array over many lines)';
    throw errors.make('malformed-row', { what: `${place}: not JSON: ${(cause as Error).message}`, cure, cause });
  }
  const row = parseRow(value);
  if ('what' in row) throw errors.make('malformed-row', { what: `${place}: ${row.what}`, cure: row.cure });
  return row;
}
