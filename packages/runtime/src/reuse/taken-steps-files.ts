import { createHash } from 'node:crypto';
import { readdirSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { adapterArrays, readAdapterArrays, readVectorArrays, vectorArrays } from '../stores/adapter-arrays.js';
import { readArrays, writeArrays } from '../stores/encode-arrays.js';
import type { StepsAt, TakenSteps, TakenStepsStore } from './taken-steps.js';

/**
 * Keeps local steps in a directory, one file each; those that nobody used for longest go where all together would pass
 * `limit` bytes. Several processes may share it.
 */
export function takenStepsFiles(directory: string, { limit = 2e9 }: { readonly limit?: number } = {}): TakenStepsStore {
  const fileOf = ({ key, client, round, start }: StepsAt) => {
    const digest = createHash('sha256').update(JSON.stringify([key, client, round, start]));
    return join(directory, `${digest.digest('hex')}.safetensors`);
  };
  return {
    read: (at) => {
      const file = fileOf(at);
      return touch(file) ? load(file) : undefined;
    },
    write: (at, steps) => {
      save(fileOf(at), steps);
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

/** Marks a file as used just now, before it is read, so that no other process drops it meanwhile; false where there is none. */
function touch(file: string): boolean {
  const now = new Date();
  try {
    utimesSync(file, now, now);
    return true;
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw thrown;
  }
}

/** JSON has no numbers that are not finite; a diverged training tells of such. */
const encode = (_: string, value: unknown) =>
  typeof value === 'number' && !Number.isFinite(value) ? { number: String(value) } : value;
const decode = (_: string, value: unknown) =>
  typeof value === 'object' && value !== null && 'number' in value ? Number(value.number) : value;

function save(file: string, { shared, personal, conclusion, search, flops, events, seconds }: TakenSteps): void {
  const arrays = {
    ...adapterArrays('shared', shared),
    ...adapterArrays('personal', personal),
    ...vectorArrays('remember', conclusion.remember),
    ...vectorArrays('send', conclusion.send),
  };
  writeArrays(file, arrays, { facts: JSON.stringify({ search, flops, events, seconds }, encode) });
}

function load(file: string): TakenSteps {
  const { arrays, facts } = readArrays(file);
  const told = JSON.parse(facts.facts!, decode) as Pick<TakenSteps, 'search' | 'flops' | 'events' | 'seconds'>;
  return {
    shared: readAdapterArrays(arrays, 'shared')!,
    personal: readAdapterArrays(arrays, 'personal'),
    conclusion: { remember: readVectorArrays(arrays, 'remember'), send: readVectorArrays(arrays, 'send') },
    ...told,
  };
}
