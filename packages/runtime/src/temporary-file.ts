import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errors } from './errors.js';

/** A file for what would otherwise fill the memory. It has no name: whatever ends the process ends it too. */
export interface TemporaryFile {
  /** Writes bytes at the end; returns where they begin. */
  readonly append: (bytes: Uint8Array) => number;
  /** Reads bytes into memory of their own. */
  readonly read: (from: number, length: number) => Uint8Array<ArrayBuffer>;
  readonly close: () => void;
}

/** Node reads and writes less than 2³¹ bytes in one call. */
const LARGEST = 1 << 30;

/** A {@link TemporaryFile} in a folder, by default the system's for them (`TMPDIR`); made with the first bytes. */
export function temporaryFile(folder = tmpdir()): TemporaryFile {
  let file: number | undefined;
  let end = 0;
  const open = () => {
    if (file !== undefined) return file;
    const path = join(folder, `perfit-${randomUUID()}`);
    file = openSync(path, 'wx+', 0o600);
    unlinkSync(path);
    return file;
  };
  const attempt = <Result>(what: string, act: () => Result): Result => {
    try {
      return act();
    } catch (cause) {
      throw errors.make('temporary-file', {
        what: `cannot ${what} a temporary file in ${folder}: ${(cause as Error).message}`,
        cure: 'Make room there, or name another folder in TMPDIR',
        cause,
      });
    }
  };
  return {
    append: (bytes) =>
      attempt('write', () => {
        const begin = end;
        for (let done = 0; done < bytes.length; )
          done += writeSync(open(), bytes, done, Math.min(bytes.length - done, LARGEST), begin + done);
        end += bytes.length;
        return begin;
      }),
    read: (from, length) =>
      attempt('read', () => {
        const bytes = new Uint8Array(length);
        for (let done = 0; done < length; ) {
          const count = readSync(open(), bytes, done, Math.min(length - done, LARGEST), from + done);
          if (count === 0) throw new Error(`it ends ${length - done} bytes early`);
          done += count;
        }
        return bytes;
      }),
    close: () => {
      if (file !== undefined) closeSync(file);
      file = undefined;
      end = 0;
    },
  };
}
