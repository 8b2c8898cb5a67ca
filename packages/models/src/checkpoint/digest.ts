import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';

const CHUNK = 1 << 22;

/** sha256 over the bytes of files, one after another, hex: of one file, what `sha256sum` prints. */
export function digestFiles(paths: readonly string[]): string {
  const hash = createHash('sha256');
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
