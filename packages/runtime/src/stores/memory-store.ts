import type { Checkpoint, ClientRecord, Store } from '../contract.js';

/** Keeps everything in memory and nothing beyond the process: for tests, and for runs that need no resume. */
export function memoryStore(): Store {
  const records = new Map<string, ClientRecord>();
  let last: Checkpoint | undefined;
  return {
    read: (client) => records.get(client),
    write: (client, record) => void records.set(client, record),
    checkpoint: (checkpoint) => {
      last = checkpoint;
    },
    restore: () => last,
  };
}
