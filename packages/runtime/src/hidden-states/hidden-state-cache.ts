import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { HiddenStateStore } from '@perfit/models';
import crc32c from 'crc-32/crc32c.js';

/** Where the states lie, and how many there may be. */
export interface HiddenStateCacheOptions {
  /** Made at the first use. */
  readonly directory: string;
  /** Bytes on disk above which nothing is added; what is there is read all the same. */
  readonly maxBytes: number;
  /** H: numbers of one token. */
  readonly width: number;
}

/** Bytes of the checksum at the end of a file. */
const CHECKSUM = 4;

/**
 * Keeps hidden states of one backbone on disk: a file a sequence, `LAYERS/xx/DIGEST` of its tokens, f32 as they are and
 * their CRC-32C. Files are written beside and renamed, so that processes may share the folder and a kill leaves nothing
 * half; a file that is damaged counts as absent, so that none needs to be forced to the disk (`writeWhole` does, at tens of
 * milliseconds a file). Nothing is made or looked at before the first use.
 *
 * @example
 * const store = openHiddenStateCache({ directory: 'states', maxBytes: 4e9, width: 576 });
 * const backbone = reuseHiddenStates(engine, await loadBackbone(engine, checkpoint), store);
 */
export function openHiddenStateCache({ directory, maxBytes, width }: HiddenStateCacheOptions): HiddenStateStore {
  let bytes: number | undefined;
  let written = 0;
  return {
    read: (layers, ids) => {
      const file = fileOf(directory, layers, ids);
      const size = 4 * ids.length * width;
      if (!existsSync(file)) return undefined;
      const found = readFileSync(file);
      if (found.byteLength !== size + CHECKSUM) return undefined;
      const states = new Float32Array(ids.length * width);
      const own = new Uint8Array(states.buffer);
      own.set(found.subarray(0, size));
      return crc32c.buf(own) === found.readInt32LE(size) ? states : undefined;
    },
    write: (layers, ids, hidden) => {
      const file = fileOf(directory, layers, ids);
      const beside = `${file}.${process.pid}-${written++}.partial`;
      const own = new Uint8Array(hidden.buffer, hidden.byteOffset, hidden.byteLength);
      const checksum = Buffer.alloc(CHECKSUM);
      checksum.writeInt32LE(crc32c.buf(own));
      try {
        bytes ??= bytesIn(directory);
        if (bytes + own.byteLength + CHECKSUM > maxBytes) return;
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(beside, Buffer.concat([own, checksum]));
        renameSync(beside, file);
        bytes += own.byteLength + CHECKSUM;
      } catch {
        // A full disk costs speed, not the run: what is missing is computed.
        bytes = Number.POSITIVE_INFINITY;
        if (existsSync(beside)) rmSync(beside);
      }
    },
  };
}

function fileOf(directory: string, layers: number, ids: Int32Array): string {
  const tokens = new Uint8Array(ids.buffer, ids.byteOffset, ids.byteLength);
  const digest = createHash('sha256').update(tokens).digest('hex');
  return join(directory, String(layers), digest.slice(0, 2), digest);
}

function bytesIn(directory: string): number {
  if (!existsSync(directory)) return 0;
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
}
