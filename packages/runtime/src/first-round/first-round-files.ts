import { createHash } from 'node:crypto';
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type AdapterState, architectureFromBytes } from '@perfit/lora';
import { readArrays, writeArrays } from '../stores/encode-arrays.js';
import type { FirstRound, FirstRounds } from './first-round.js';

type Vectors = Readonly<Record<string, Float32Array>>;

/** Keeps first rounds in a directory, one file each; the oldest go where all together would pass `limit` bytes. */
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
        .map((path) => ({ path, ...ageAndSize(path) }))
        .sort((a, b) => b.time - a.time);
      let total = 0;
      for (const { path, size } of files) {
        total += size;
        if (total > limit) rmSync(path, { force: true });
      }
    },
  };
}

const ageAndSize = (path: string) => {
  const { size, mtimeMs } = statSync(path);
  return { size, time: mtimeMs };
};

/** JSON has no numbers that are not finite; a diverged training tells of such. */
const encode = (_: string, value: unknown) =>
  typeof value === 'number' && !Number.isFinite(value) ? { number: String(value) } : value;
const decode = (_: string, value: unknown) =>
  typeof value === 'object' && value !== null && 'number' in value ? Number(value.number) : value;

function save(file: string, { shared, personal, conclusion, search, flops, events }: FirstRound): void {
  const adapter = (name: string, state: AdapterState | undefined) =>
    state ? { [`${name}.values`]: state.values, [`${name}.mask`]: state.architecture.bits } : {};
  const vectors = (prefix: string, named: Vectors = {}) =>
    Object.fromEntries(Object.entries(named).map(([name, vector]) => [`${prefix}/${name}`, vector]));
  const arrays = {
    ...adapter('shared', shared),
    ...adapter('personal', personal),
    ...vectors('remember', conclusion.remember),
    ...vectors('send', conclusion.send),
  };
  writeArrays(file, arrays, { facts: JSON.stringify({ search, flops, events }, encode) });
}

function load(file: string): FirstRound {
  const { arrays, facts } = readArrays(file);
  const adapter = (name: string): AdapterState | undefined => {
    const values = arrays[`${name}.values`] as Float32Array | undefined;
    const bits = arrays[`${name}.mask`] as Uint8Array;
    return values && { values, architecture: architectureFromBytes(values.length, bits) };
  };
  const vectors = (prefix: string): Vectors =>
    Object.fromEntries(
      Object.entries(arrays).flatMap(([name, array]) =>
        name.startsWith(`${prefix}/`) ? [[name.slice(prefix.length + 1), array as Float32Array]] : [],
      ),
    );
  const told = JSON.parse(facts.facts!, decode) as Pick<FirstRound, 'search' | 'flops' | 'events'>;
  return {
    shared: adapter('shared')!,
    personal: adapter('personal'),
    conclusion: { remember: vectors('remember'), send: vectors('send') },
    ...told,
  };
}
