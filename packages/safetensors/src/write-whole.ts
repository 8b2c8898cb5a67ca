import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, unlinkSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { threadId } from 'node:worker_threads';
import { errors } from './errors.js';
import { isSystemError } from './system-error.js';

let written = 0;

function writeAll(file: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; )
    done += writeSync(file, bytes, done, Math.min(bytes.length - done, 1 << 30));
}

/** Makes the rename itself durable; Windows cannot open a directory, and needs no such call. */
function syncDirectory(path: string): void {
  let directory: number;
  try {
    directory = openSync(path, 'r');
  } catch {
    return;
  }
  try {
    fsyncSync(directory);
  } catch {
    // Some network file systems refuse it; the data itself is already safe.
  } finally {
    closeSync(directory);
  }
}

/**
 * Writes a file whole or not at all: beside it first, then fsync, then rename. Whoever reads `path` sees the old
 * content or the new one, also after a crash. Makes missing directories. A list of chunks is written one after another.
 *
 * @throws `unwritable`
 * @example
 * writeWhole('runs/1/summary.json', JSON.stringify(summary));
 */
export function writeWhole(path: string, content: string | Uint8Array | Iterable<Uint8Array>): void {
  const beside = `${path}.${process.pid}-${threadId}-${written++}.part`;
  let file: number | undefined;
  try {
    mkdirSync(dirname(path), { recursive: true });
    file = openSync(beside, 'wx');
    const chunks =
      typeof content === 'string' ? [Buffer.from(content)] : ArrayBuffer.isView(content) ? [content] : content;
    for (const chunk of chunks) writeAll(file, chunk);
    fsyncSync(file);
    closeSync(file);
    file = undefined;
    renameSync(beside, path);
    syncDirectory(dirname(path));
  } catch (thrown) {
    if (file !== undefined) closeSync(file);
    try {
      unlinkSync(beside);
    } catch {
      // It was never made, or is already renamed.
    }
    if (isSystemError(thrown))
      throw errors.make('unwritable', {
        what: `cannot write ${path}: ${thrown.message}`,
        cure: 'Check the path, its permissions and the space left',
        cause: thrown,
      });
    throw thrown;
  }
}
