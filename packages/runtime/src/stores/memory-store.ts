import type { Architecture } from '@perfit/lora';
import type { Checkpoint, ClientRecord, Store } from '../contract.js';

/** Keeps everything of everyone in memory and nothing beyond the process: for tests of a few clients. */
export function memoryStore(): Store {
  const records = new Map<string, ClientRecord>();
  const registry = new Map<string, Architecture>();
  let whole: { checkpoint?: Checkpoint; records: typeof records; registry: typeof registry } = {
    records: new Map(),
    registry: new Map(),
  };
  const replace = <Value>(map: Map<string, Value>, by: ReadonlyMap<string, Value>) => {
    map.clear();
    for (const [client, value] of by) map.set(client, value);
  };
  return {
    read: (client) => records.get(client),
    write: (client, record) => void records.set(client, record),
    registry: {
      has: (client) => registry.has(client),
      get: (client) => registry.get(client),
      set: (client, architecture) => void registry.set(client, architecture),
    },
    held: () => ({ records: records.size, architectures: registry.size }),
    checkpoint: ({ drafts, ...rest }) => {
      const checkpoint = { ...rest, drafts: structuredClone(drafts) };
      whole = { checkpoint, records: new Map(records), registry: new Map(registry) };
    },
    restore: () => {
      replace(records, whole.records);
      replace(registry, whole.registry);
      return whole.checkpoint;
    },
    abandon: () => {},
  };
}
