import { createHash, type Hash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';

const CHUNK = 1 << 22;

/**
 * Digest over the bytes of files, one after another, hex: of one file and without another hash, what `sha256sum` prints.
 */
export function digestFiles(paths: readonly string[], hash: Hash = createHash('sha256')): string {
  const chunk = new Uint8Array(CHUNK);
  for (const path of paths) {
    const file = openSync(path, 'r');
    try {
      for (let read = readSync(file, chunk); read > 0; read = readSync(file, chunk))
        hash.update(chunk.subarray(0, read));
    } finally {
      closeSync(file);
    }
  }
  return hash.digest('hex');
}
