import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Architecture, architectureFrom, fullArchitecture } from '@perfit/lora';
import fc from 'fast-check';
import type { Checkpoint, ClientRecord, Store } from '../contract.js';
import { directoryStore } from './directory-store.js';
import { memoryStore } from './memory-store.js';

const size = 9;
const clients = Array.from({ length: 12 }, (_, i) => `client ${i}/ä`);
const recordOf = (value: number): ClientRecord => ({
  state: {
    shared: { values: new Float32Array(size).fill(value), architecture: architectureFrom(size, [value % size]) },
  },
  ...(value % 3 === 0 ? { used: new Float32Array(size).fill(-value) } : {}),
  remembered: value % 2 === 0 ? { control: Float32Array.of(value) } : {},
  received: {},
  searched: value,
  registered: value % 2 === 0,
});
const maskOf = (value: number) => (value % 5 === 0 ? fullArchitecture(size) : architectureFrom(size, [value % size]));
const evidence = { afterLocal: {}, afterDistribution: {} };
const checkpointOf = (round: number): Checkpoint => ({
  round,
  server: { g: Float32Array.of(round) },
  drafts: [],
  evidence,
});

type Action = { readonly what: 'write' | 'register' | 'read'; readonly client: string } | 'round' | 'kill';
const action = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.record({ what: fc.constantFrom('write', 'register', 'read'), client: fc.constantFrom(...clients) }),
  },
  { weight: 2, arbitrary: fc.constant('round') },
  { weight: 1, arbitrary: fc.constant('kill') },
) as fc.Arbitrary<Action>;

/** What opens a store, and after a kill opens it again: in another process on the same files. */
describe.each([
  [
    'memory',
    () => {
      const store = memoryStore();
      return () => store;
    },
  ],
  [
    'directory',
    () => {
      const folder = join(mkdtempSync(join(tmpdir(), 'perfit-stores-')), 'state');
      return () => directoryStore(folder);
    },
  ],
] as const)('a store in %s', (_, make) => {
  it('reads what was written last, and after a kill what the last whole round held', () => {
    fc.assert(
      fc.property(fc.array(action, { minLength: 25, maxLength: 60 }), (actions) => {
        const open: () => Store = make();
        let store = open();
        expect(store.restore()).toBeUndefined();
        let [records, masks, round] = [new Map<string, ClientRecord>(), new Map<string, Architecture>(), 0];
        let whole = { records: new Map(records), masks: new Map(masks), round };
        for (const [time, step] of actions.entries()) {
          if (step === 'round') {
            store.checkpoint(checkpointOf(++round));
            whole = { records: new Map(records), masks: new Map(masks), round };
          } else if (step === 'kill') {
            store = open();
            expect(store.restore()?.round ?? 0).toBe(whole.round);
            [records, masks, round] = [new Map(whole.records), new Map(whole.masks), whole.round];
          } else if (step.what === 'write') {
            store.write(step.client, recordOf(time));
            records.set(step.client, recordOf(time));
          } else if (step.what === 'register') {
            store.registry.set(step.client, maskOf(time));
            masks.set(step.client, maskOf(time));
          } else {
            expect(store.read(step.client)).toEqual(records.get(step.client));
            expect(store.registry.get(step.client)).toEqual(masks.get(step.client));
          }
        }
        for (const client of clients) {
          expect(store.read(client)).toEqual(records.get(client));
          expect(store.registry.has(client)).toBe(masks.has(client));
          expect(store.registry.get(client)).toEqual(masks.get(client));
        }
      }),
      { numRuns: 10 },
    );
  });
});
