import { mkdirSync, mkdtempSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheDirectory, engineFiles, installedEngine } from './cache.js';
import { instructionSets } from './cpu.js';

test('the cache is the user’s own, and can be named', () => {
  expect(cacheDirectory({})).toBe(join(homedir(), '.cache', 'perfit'));
  expect(cacheDirectory({ XDG_CACHE_HOME: '/cache' })).toBe(join('/cache', 'perfit'));
  expect(cacheDirectory({ XDG_CACHE_HOME: '/cache', PERFIT_CACHE: '/mine' })).toBe('/mine');
});

test('an engine needs both halves; kernels for narrower vectors will do, the widest are taken', () => {
  const cache = mkdtempSync(join(tmpdir(), 'perfit-cache-'));
  const narrow = engineFiles('cpu', cache, 'baseline');
  mkdirSync(narrow.compiled, { recursive: true });
  expect(installedEngine(cache)).toBeUndefined();
  mkdirSync(narrow.tensorflow, { recursive: true });
  expect(installedEngine(cache)).toEqual(narrow);
  const own = engineFiles('cpu', cache, instructionSets()[0]);
  mkdirSync(own.compiled, { recursive: true });
  expect(installedEngine(cache)).toEqual(own);
});
