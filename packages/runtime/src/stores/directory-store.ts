import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ServerState } from '@perfit/aggregation';
import { type Architecture, architectureFromBytes } from '@perfit/lora';
import { writeWhole } from '@perfit/safetensors';
import { isPerfitError } from '@perfit/strategy';
import type { Checkpoint, ClientRecord, RoundDraft, Store } from '../contract.js';
import { errors } from '../errors.js';
import { adapterArrays, readAdapterArrays, readVectorArrays, vectorArrays } from './adapter-arrays.js';
import { readArrays, writeArrays } from './encode-arrays.js';

const SCHEMA = 'perfit-state/1';

/**
 * Keeps client records in memory and saves whole rounds to `DIR/round-N`: written beside, then renamed, then the round
 * before is removed, so that a kill at any moment leaves one whole round.
 */
export function directoryStore(directory: string): Store {
  const records = new Map<string, ClientRecord>();
  const rounds = () =>
    (existsSync(directory) ? readdirSync(directory) : [])
      .flatMap((name) => (/^round-\d+$/.test(name) ? [Number(name.slice(6))] : []))
      .sort((a, b) => a - b);
  return {
    read: (client) => records.get(client),
    write: (client, record) => void records.set(client, record),
    checkpoint: (checkpoint) => {
      const name = join(directory, `round-${checkpoint.round}`);
      const beside = `${name}.partial`;
      rmSync(beside, { recursive: true, force: true });
      mkdirSync(beside, { recursive: true });
      save(beside, checkpoint, records);
      rmSync(name, { recursive: true, force: true });
      renameSync(beside, name);
      for (const old of rounds())
        if (old !== checkpoint.round) rmSync(join(directory, `round-${old}`), { recursive: true, force: true });
    },
    restore: () => {
      const round = rounds().at(-1);
      if (round === undefined) return undefined;
      const from = join(directory, `round-${round}`);
      try {
        return load(from, records);
      } catch (cause) {
        throw errors.make('broken-state', {
          what: `cannot read the saved round ${from}: ${isPerfitError(cause) ? cause.message : String(cause)}`,
          cure: 'Start the run anew in another directory',
          cause,
        });
      }
    },
  };
}

const fileOf = (directory: string, client: string) =>
  join(directory, 'clients', `${encodeURIComponent(client)}.safetensors`);

function save(
  directory: string,
  { round, server, registry, drafts }: Checkpoint,
  records: ReadonlyMap<string, ClientRecord>,
): void {
  writeArrays(join(directory, 'server.safetensors'), server);
  for (const [client, { state, used, remembered, received, searched, registered }] of records) {
    const known = registry.get(client);
    const arrays = {
      ...adapterArrays('shared', state.shared),
      ...adapterArrays('personal', state.personal),
      ...vectorArrays('remembered', remembered),
      ...vectorArrays('received', received),
      ...(used ? { used } : {}),
      ...(known ? { registered: known.bits } : {}),
    };
    writeArrays(fileOf(directory, client), arrays, {
      client,
      searched: String(searched),
      registered: String(registered),
    });
  }
  writeWhole(join(directory, 'round.json'), JSON.stringify({ schema: SCHEMA, round, drafts }));
}

function load(directory: string, records: Map<string, ClientRecord>): Checkpoint {
  const { schema, round, drafts } = JSON.parse(readFileSync(join(directory, 'round.json'), 'utf8')) as {
    schema: string;
    round: number;
    drafts: RoundDraft[];
  };
  if (schema !== SCHEMA) throw new Error(`schema ${schema}, expected ${SCHEMA}`);
  const registry = new Map<string, Architecture>();
  const clients = drafts.at(-1)?.clients.map(({ id }) => id) ?? [];
  for (const client of clients) {
    if (!existsSync(fileOf(directory, client))) continue;
    const { arrays, facts } = readArrays(fileOf(directory, client));
    const shared = readAdapterArrays(arrays, 'shared')!;
    const personal = readAdapterArrays(arrays, 'personal');
    records.set(client, {
      state: personal ? { shared, personal } : { shared },
      ...(arrays.used ? { used: arrays.used as Float32Array } : {}),
      remembered: readVectorArrays(arrays, 'remembered'),
      received: readVectorArrays(arrays, 'received'),
      searched: Number(facts.searched),
      registered: facts.registered === 'true',
    });
    if (arrays.registered)
      registry.set(client, architectureFromBytes(shared.values.length, arrays.registered as Uint8Array));
  }
  return { round, server: readArrays(join(directory, 'server.safetensors')).arrays as ServerState, registry, drafts };
}
