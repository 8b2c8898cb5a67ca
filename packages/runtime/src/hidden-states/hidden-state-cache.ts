import { createHash } from 'node:crypto';
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { HiddenStateStore } from '@perfit/models';
import { open, type RootDatabase } from 'lmdb';

/** A {@link HiddenStateStore} on disk. */
export interface HiddenStateCache extends HiddenStateStore {
  /** Resolves when all that was taken is on disk. Nothing may be read or written from then on. */
  readonly close: () => Promise<void>;
}

/** Where the states lie, and how many there may be. */
export interface HiddenStateCacheOptions {
  /** Made at the first use. */
  readonly directory: string;
  /** Bytes on disk above which nothing is added; what is there is read all the same. */
  readonly maxBytes: number;
  /** H: numbers of one token. */
  readonly width: number;
}

/**
 * Keeps hidden states of one backbone in an LMDB database, f32 as they are, under the layer and a digest of the tokens.
 * Processes may share it; a process that is killed leaves it whole, and loses what it had not yet written. Nothing is
 * opened before it is used.
 *
 * @example
 * const cache = openHiddenStateCache({ directory: 'states', maxBytes: 4e9, width: 576 });
 * const backbone = reuseHiddenStates(engine, await loadBackbone(engine, checkpoint), cache);
 * await cache.close();
 */
export function openHiddenStateCache({ directory, maxBytes, width }: HiddenStateCacheOptions): HiddenStateCache {
  let database: RootDatabase<Buffer, string> | undefined;
  let bytes = 0;
  const opened = (): RootDatabase<Buffer, string> => {
    if (!database) {
      mkdirSync(directory, { recursive: true });
      database = open<Buffer, string>({ path: join(directory, 'states.mdb'), encoding: 'binary' });
      bytes = statSync(join(directory, 'states.mdb')).size;
    }
    return database;
  };
  return {
    read: (layers, ids) => {
      const found = opened().getBinary(keyOf(layers, ids));
      if (found?.byteLength !== 4 * ids.length * width) return undefined;
      const states = new Float32Array(ids.length * width);
      new Uint8Array(states.buffer).set(found);
      return states.every(Number.isFinite) ? states : undefined;
    },
    write: (layers, ids, hidden) => {
      const to = opened();
      if (bytes + hidden.byteLength > maxBytes) return;
      bytes += hidden.byteLength;
      // Whether it is on disk by the next read is all the same: what is missing is computed.
      to.put(keyOf(layers, ids), Buffer.from(hidden.buffer, hidden.byteOffset, hidden.byteLength)).catch(() => {});
    },
    close: async () => {
      await database?.close();
    },
  };
}

function keyOf(layers: number, ids: Int32Array): string {
  const digest = createHash('sha256').update(new Uint8Array(ids.buffer, ids.byteOffset, ids.byteLength));
  return `${layers}/${digest.digest('base64url')}`;
}
