import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type HiddenStateCacheOptions, openHiddenStateCache } from './hidden-state-cache.js';

let directory: string;
beforeEach(() => {
  directory = join(mkdtempSync(join(tmpdir(), 'perfit-states-')), 'inside');
});
afterEach(() => rmSync(join(directory, '..'), { recursive: true, force: true }));

const ids = (...tokens: readonly number[]) => Int32Array.from(tokens);
const states = (count: number, first: number) => Float32Array.from({ length: count }, (_, i) => first + i / 7);
const opened = (options: Partial<HiddenStateCacheOptions> = {}) =>
  openHiddenStateCache({ directory, maxBytes: 1e9, width: 3, ...options });

test('states come back to the bit, by layer and tokens, also to another that opens them', async () => {
  const first = opened();
  expect(first.read(2, ids(5, 6))).toBeUndefined();
  first.write(2, ids(5, 6), states(6, 1));
  first.write(2, ids(6, 5), states(6, 2));
  first.write(3, ids(5, 6), states(6, 3));
  // A view into a larger array.
  first.write(2, ids(9), states(12, 4).subarray(3, 6));
  await first.close();
  const second = opened();
  expect(second.read(2, ids(5, 6))).toEqual(states(6, 1));
  expect(second.read(2, ids(6, 5))).toEqual(states(6, 2));
  expect(second.read(3, ids(5, 6))).toEqual(states(6, 3));
  expect(second.read(2, ids(9))).toEqual(states(12, 4).subarray(3, 6));
  expect(second.read(2, ids(1, 5, 6).subarray(1))).toEqual(states(6, 1));
  expect(second.read(4, ids(5, 6))).toBeUndefined();
  await second.close();
});

test('states of another width, or that are no numbers, are not there', async () => {
  const cache = opened();
  cache.write(1, ids(7, 8), states(6, 0));
  cache.write(1, ids(7), Float32Array.of(1, Number.NaN, 3));
  await cache.close();
  const wider = opened({ width: 4 });
  expect(wider.read(1, ids(7, 8))).toBeUndefined();
  await wider.close();
  const again = opened();
  expect(again.read(1, ids(7))).toBeUndefined();
  expect(again.read(1, ids(7, 8))).toEqual(states(6, 0));
  await again.close();
});

test('above its size nothing is added, and what is there is read', async () => {
  const cache = opened();
  cache.write(1, ids(1), states(3, 1));
  await cache.close();
  const full = opened({ maxBytes: 100 });
  full.write(1, ids(2), states(3, 2));
  expect(full.read(1, ids(1))).toEqual(states(3, 1));
  await full.close();
  const again = opened();
  expect(again.read(1, ids(2))).toBeUndefined();
  await again.close();
});

test('what was not used leaves nothing on disk', async () => {
  await opened().close();
  expect(readdirSync(join(directory, '..'))).toEqual([]);
});

test('a process that is killed while it writes leaves a whole cache', async () => {
  const before = opened();
  before.write(1, ids(1), states(3, 1));
  await before.close();
  const script = `
    const { open } = require('lmdb');
    const database = open({ path: ${JSON.stringify(join(directory, 'states.mdb'))}, encoding: 'binary' });
    for (let i = 0; i < 500; i++) database.put('1/' + i, Buffer.alloc(1 << 16, i));
    setImmediate(() => process.kill(process.pid, 'SIGKILL'));`;
  expect(spawnSync(process.execPath, ['-e', script], { cwd: __dirname }).signal).toBe('SIGKILL');
  const after = opened();
  expect(after.read(1, ids(1))).toEqual(states(3, 1));
  after.write(1, ids(3), states(3, 3));
  await after.close();
  const again = opened();
  expect(again.read(1, ids(3))).toEqual(states(3, 3));
  await again.close();
});
