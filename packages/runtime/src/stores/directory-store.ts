import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ServerState } from '@perfit/aggregation';
import { writeWhole } from '@perfit/safetensors';
import { isPerfitError } from '@perfit/strategy';
import type { Checkpoint, Store } from '../contract.js';
import { errors } from '../errors.js';
import { clientFiles } from './client-files.js';
import { readArrays, writeArrays } from './encode-arrays.js';
import { architectureArrays, recordArrays } from './record-arrays.js';

const SCHEMA = 'perfit-state/3';

/**
 * Keeps whole rounds in `DIR/round-N`: written beside, then renamed, then the round before is removed, so that a kill at
 * any moment leaves one whole round. What clients change in a round under way lies in `DIR/under-way` and becomes part
 * of the next whole one, or is dropped. In memory are the records of eight clients and the architectures of eight.
 */
export function directoryStore(directory: string): Store {
  const underWay = join(directory, 'under-way');
  const records = clientFiles(join(underWay, 'clients'), recordArrays);
  const registry = clientFiles(join(underWay, 'registry'), architectureArrays);
  const clear = () => rmSync(underWay, { recursive: true, force: true });
  /** Does the same to both, each in its own folder of a round. */
  const both = (step: 'gather' | 'settle', round: string) => {
    records[step](join(round, 'clients'));
    registry[step](join(round, 'registry'));
  };
  const rounds = () =>
    (existsSync(directory) ? readdirSync(directory) : [])
      .flatMap((name) => (/^round-\d+$/.test(name) ? [Number(name.slice(6))] : []))
      .sort((a, b) => a - b);
  return {
    read: records.read,
    write: records.write,
    registry: { has: registry.has, get: registry.read, set: registry.write },
    held: () => ({ records: records.held(), architectures: registry.held() }),
    checkpoint: (checkpoint) => {
      const name = join(directory, `round-${checkpoint.round}`);
      const beside = `${name}.partial`;
      rmSync(beside, { recursive: true, force: true });
      mkdirSync(beside, { recursive: true });
      both('gather', beside);
      save(beside, checkpoint);
      rmSync(name, { recursive: true, force: true });
      renameSync(beside, name);
      both('settle', name);
      clear();
      for (const old of rounds())
        if (old !== checkpoint.round) rmSync(join(directory, `round-${old}`), { recursive: true, force: true });
    },
    restore: () => {
      const round = rounds().at(-1);
      const from = round === undefined ? undefined : join(directory, `round-${round}`);
      try {
        const checkpoint = from === undefined ? undefined : load(from);
        records.restore(from && join(from, 'clients'));
        registry.restore(from && join(from, 'registry'));
        clear();
        return checkpoint;
      } catch (cause) {
        throw errors.make('broken-state', {
          what: `cannot read the saved round ${from}: ${isPerfitError(cause) ? cause.message : String(cause)}`,
          cure: 'Start the run anew in another directory',
          cause,
        });
      }
    },
    abandon: clear,
  };
}

function save(directory: string, { round, server, drafts, evidence }: Checkpoint): void {
  writeArrays(join(directory, 'server.safetensors'), server);
  writeWhole(join(directory, 'round.json'), JSON.stringify({ schema: SCHEMA, round, drafts, evidence }));
}

function load(directory: string): Checkpoint {
  const { schema, ...rest } = JSON.parse(readFileSync(join(directory, 'round.json'), 'utf8')) as Omit<
    Checkpoint,
    'server'
  > & { readonly schema: string };
  if (schema !== SCHEMA) throw new Error(`schema ${schema}, expected ${SCHEMA}`);
  return { ...rest, server: readArrays(join(directory, 'server.safetensors')).arrays as ServerState };
}
