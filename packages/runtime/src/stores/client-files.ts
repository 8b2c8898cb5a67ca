import { linkSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeWhole } from '@perfit/safetensors';
import { isPerfitError } from '@perfit/strategy';
import { errors } from '../errors.js';
import { type ArraysWithFacts, readArrays, writeArrays } from './encode-arrays.js';
import { recentlyUsed } from './recently-used.js';

/** Clients whose value is kept in memory. */
const IN_MEMORY = 8;

/** How a client's value is written as named arrays; nothing of it may be lost. */
export interface ArrayForm<Value> {
  readonly write: (value: Value) => ArraysWithFacts;
  readonly read: (written: ArraysWithFacts) => Value;
}

/** One value a client, in files: those of the last whole round, and those written since beside them. */
export interface ClientFiles<Value> {
  readonly has: (client: string) => boolean;
  readonly read: (client: string) => Value | undefined;
  readonly write: (client: string, value: Value) => void;
  /** How many values are in memory. */
  readonly held: () => number;
  /** Makes a folder of everyone's present value, for a round that is about to be whole. */
  readonly gather: (folder: string) => void;
  /** The folder just gathered, by its final name, is the last whole round's. */
  readonly settle: (folder: string) => void;
  /** Goes back to the values of a whole round, or to none: what was written since is dropped. */
  readonly restore: (folder: string | undefined) => void;
}

const SUFFIX = '.safetensors';
const fileOf = (folder: string, client: string) => join(folder, `${encodeURIComponent(client)}${SUFFIX}`);
const clientsIn = (folder: string) =>
  readdirSync(folder).flatMap((name) =>
    name.endsWith(SUFFIX) ? [decodeURIComponent(name.slice(0, -SUFFIX.length))] : [],
  );

/**
 * Keeps the values of the eight clients used last in memory, and everyone's name. A value that has changed is written to
 * `beside` when it has to go; that folder is the caller's to remove once a round is whole. Files of the last whole round
 * are never touched: the next one shares those that it does not change, by hard links.
 */
export function clientFiles<Value>(beside: string, { write, read }: ArrayForm<Value>): ClientFiles<Value> {
  let whole: string | undefined;
  const saved = new Set<string>();
  const since = new Set<string>();
  const recent = recentlyUsed<string, { readonly value: Value; changed: boolean }>(IN_MEMORY, (client, entry) => {
    if (entry.changed) save(beside, client, entry.value);
  });
  const save = (folder: string, client: string, value: Value) => {
    const { arrays, facts } = write(value);
    writeArrays(fileOf(folder, client), arrays, { client, ...facts });
  };
  const presentFile = (client: string) => fileOf(since.has(client) ? beside : whole!, client);
  const has = (client: string) => since.has(client) || saved.has(client);
  return {
    has,
    read: (client) => {
      const known = recent.get(client);
      if (known) return known.value;
      if (!has(client)) return undefined;
      const value = read(load(presentFile(client)));
      recent.set(client, { value, changed: false });
      return value;
    },
    write: (client, value) => {
      recent.set(client, { value, changed: true });
      since.add(client);
    },
    held: recent.size,
    gather: (folder) => {
      mkdirSync(folder, { recursive: true });
      const unsaved = new Map([...recent.entries()].filter(([, { changed }]) => changed));
      for (const client of new Set([...saved, ...since])) {
        const entry = unsaved.get(client);
        if (entry) save(folder, client, entry.value);
        else link(presentFile(client), fileOf(folder, client));
      }
    },
    settle: (folder) => {
      whole = folder;
      for (const client of since) saved.add(client);
      since.clear();
      for (const [, entry] of recent.entries()) entry.changed = false;
    },
    restore: (folder) => {
      whole = folder;
      saved.clear();
      since.clear();
      recent.clear();
      for (const client of folder === undefined ? [] : clientsIn(folder)) saved.add(client);
    },
  };
}

function load(file: string): ArraysWithFacts {
  try {
    return readArrays(file);
  } catch (cause) {
    throw errors.make('broken-state', {
      what: `cannot read what was saved of a client in ${file}: ${isPerfitError(cause) ? cause.message : String(cause)}`,
      cure: 'Start the run anew in another directory',
      cause,
    });
  }
}

/** A second name for a file; a copy where the file system has no hard links. */
function link(file: string, name: string): void {
  try {
    linkSync(file, name);
  } catch {
    writeWhole(name, readFileSync(file));
  }
}
