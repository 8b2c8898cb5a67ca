import { createHash } from 'node:crypto';
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { adapterArrays, readAdapterArrays, readVectorArrays, vectorArrays } from '../stores/adapter-arrays.js';
import { readArrays, writeArrays } from '../stores/encode-arrays.js';
import type { FirstRound, FirstRounds } from './first-round.js';

/**
 * Keeps first rounds in a directory, one file each; the oldest go where all together would pass `limit` bytes. Several
 * processes may share it.
 */
export function firstRoundFiles(directory: string, { limit = 2e9 }: { readonly limit?: number } = {}): FirstRounds {
  const fileOf = (key: string, client: string) => {
    const digest = createHash('sha256').update(JSON.stringify([key, client]));
    return join(directory, `${digest.digest('hex')}.safetensors`);
  };
  return {
    read: (key, client) => {
      const file = fileOf(key, client);
      return existsSync(file) ? load(file) : undefined;
    },
    write: (key, client, round) => {
      save(fileOf(key, client), round);
      const files = readdirSync(directory)
        .map((name) => join(directory, name))
        .flatMap((path) => {
          const stat = statSync(path, { throwIfNoEntry: false });
          return stat ? [{ path, size: stat.size, time: stat.mtimeMs }] : [];
        })
        .sort((a, b) => b.time - a.time);
      let total = 0;
      for (const { path, size } of files) {
        total += size;
        if (total > limit) rmSync(path, { force: true });
      }
    },
  };
}

/** JSON has no numbers that are not finite; a diverged training tells of such. */
const encode = (_: string, value: unknown) =>
  typeof value === 'number' && !Number.isFinite(value) ? { number: String(value) } : value;
const decode = (_: string, value: unknown) =>
  typeof value === 'object' && value !== null && 'number' in value ? Number(value.number) : value;

function save(file: string, { shared, personal, conclusion, search, flops, events }: FirstRound): void {
  const arrays = {
    ...adapterArrays('shared', shared),
    ...adapterArrays('personal', personal),
    ...vectorArrays('remember', conclusion.remember),
    ...vectorArrays('send', conclusion.send),
  };
  writeArrays(file, arrays, { facts: JSON.stringify({ search, flops, events }, encode) });
}

function load(file: string): FirstRound {
  const { arrays, facts } = readArrays(file);
  const told = JSON.parse(facts.facts!, decode) as Pick<FirstRound, 'search' | 'flops' | 'events'>;
  return {
    shared: readAdapterArrays(arrays, 'shared')!,
    personal: readAdapterArrays(arrays, 'personal'),
    conclusion: { remember: readVectorArrays(arrays, 'remember'), send: readVectorArrays(arrays, 'send') },
    ...told,
  };
}
