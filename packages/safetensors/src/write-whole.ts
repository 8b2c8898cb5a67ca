import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, unlinkSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { threadId } from 'node:worker_threads';
import { errors } from './errors.js';
import { isSystemError } from './system-error.js';

/** Text, bytes, or chunks of bytes one after another. */
export type FileContent = string | Uint8Array | Iterable<Uint8Array>;

let written = 0;

function chunksOf(content: FileContent): Iterable<Uint8Array> {
  if (typeof content === 'string') return [Buffer.from(content)];
  return ArrayBuffer.isView(content) ? [content] : content;
}

function writeBeside(path: string, content: FileContent): void {
  mkdirSync(dirname(path), { recursive: true });
  const file = openSync(path, 'wx');
  try {
    for (const chunk of chunksOf(content))
      for (let done = 0; done < chunk.length; )
        done += writeSync(file, chunk, done, Math.min(chunk.length - done, 1 << 30));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Makes renames durable; Windows cannot open a directory, some network file systems refuse to sync one. */
function syncDirectory(path: string): void {
  let directory: number | undefined;
  try {
    directory = openSync(path, 'r');
    fsyncSync(directory);
  } catch {
    // The data itself is already safe.
  } finally {
    if (directory !== undefined) closeSync(directory);
  }
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // It was never made, or is renamed already.
  }
}

/**
 * Writes files that belong together: all of them beside their places first, with fsync, and only then the renames.
 * Whatever fails before (a full disk, a bad chunk) leaves every old file as it was. Makes missing directories.
 *
 * @throws `unwritable`
 */
export function writeTogether(files: readonly { readonly path: string; readonly content: FileContent }[]): void {
  const staged = files.map((file) => ({
    ...file,
    beside: `${file.path}.${process.pid}-${threadId}-${written++}.part`,
  }));
  let current = '';
  try {
    for (const { path, beside, content } of staged) {
      current = path;
      writeBeside(beside, content);
    }
    for (const { path, beside } of staged) {
      current = path;
      renameSync(beside, path);
    }
    for (const directory of new Set(staged.map(({ path }) => dirname(path)))) syncDirectory(directory);
  } catch (thrown) {
    for (const { beside } of staged) remove(beside);
    if (!isSystemError(thrown)) throw thrown;
    throw errors.make('unwritable', {
      what: `cannot write ${current}: ${thrown.message}`,
      cure: 'Check the path, its permissions and the space left',
      cause: thrown,
    });
  }
}

/**
 * Writes a file whole or not at all: beside it first, then fsync, then rename. Whoever reads `path` sees the old
 * content or the new one, also after a crash. Makes missing directories.
 *
 * @throws `unwritable`
 * @example
 * writeWhole('runs/1/summary.json', JSON.stringify(summary));
 */
export function writeWhole(path: string, content: FileContent): void {
  writeTogether([{ path, content }]);
}
