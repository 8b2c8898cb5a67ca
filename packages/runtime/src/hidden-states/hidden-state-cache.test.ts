import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

test('states come back to the bit, by layer and tokens, also to another that opens them', () => {
  const first = opened();
  expect(first.read(2, ids(5, 6))).toBeUndefined();
  first.write(2, ids(5, 6), states(6, 1));
  first.write(2, ids(6, 5), states(6, 2));
  first.write(3, ids(5, 6), states(6, 3));
  // A view into a larger array.
  first.write(2, ids(9), states(12, 4).subarray(3, 6));
  const second = opened();
  expect(second.read(2, ids(5, 6))).toEqual(states(6, 1));
  expect(second.read(2, ids(6, 5))).toEqual(states(6, 2));
  expect(second.read(3, ids(5, 6))).toEqual(states(6, 3));
  expect(second.read(2, ids(9))).toEqual(states(12, 4).subarray(3, 6));
  expect(second.read(2, ids(1, 5, 6).subarray(1))).toEqual(states(6, 1));
  expect(second.read(4, ids(5, 6))).toBeUndefined();
});

/** Every file of the cache. */
const files = () =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));

test('states of another width, cut short or damaged are not there, and may be written again', () => {
  const cache = opened();
  cache.write(1, ids(7, 8), states(6, 0));
  expect(opened({ width: 4 }).read(1, ids(7, 8))).toBeUndefined();
  const [file] = files();
  const whole = readFileSync(file);
  const damaged = Buffer.from(whole);
  damaged[9] ^= 1;
  for (const bytes of [damaged, whole.subarray(0, 11), Buffer.alloc(0)]) {
    writeFileSync(file, bytes);
    expect(cache.read(1, ids(7, 8))).toBeUndefined();
  }
  cache.write(1, ids(7, 8), states(6, 0));
  expect(cache.read(1, ids(7, 8))).toEqual(states(6, 0));
  expect(files()).toEqual([file]);
});

test('a folder that cannot be written to costs nothing but the states', () => {
  writeFileSync(directory, 'a file in its place');
  const cache = opened();
  cache.write(1, ids(1), states(3, 1));
  expect(cache.read(1, ids(1))).toBeUndefined();
});

test('above its size nothing is added, and what is there is read', () => {
  const cache = opened();
  cache.write(1, ids(1), states(3, 1));
  const full = opened({ maxBytes: 20 });
  full.write(1, ids(2), states(3, 2));
  expect(full.read(1, ids(1))).toEqual(states(3, 1));
  const again = opened();
  expect(again.read(1, ids(2))).toBeUndefined();
});

test('what was not used leaves nothing on disk', () => {
  opened();
  expect(readdirSync(join(directory, '..'))).toEqual([]);
});
