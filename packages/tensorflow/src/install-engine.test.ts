import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { engineFiles, installedEngine } from './cache.js';
import { TENSORFLOW_VERSION } from './engine-sources.js';
import { inspectEngine } from './inspect-engine.js';
import { installEngine } from './install-engine.js';
import { describeNative } from './testing.js';

const path = process.env.PATH;
afterEach(() => {
  process.env.PATH = path;
  delete process.env.PERFIT_PYTHON;
  delete process.env.CXX;
});
const directory = () => mkdtempSync(join(tmpdir(), 'perfit-install-'));

/** A PATH with nothing on it but the named programs, which answer any call. */
function onlyPrograms(...names: readonly string[]): void {
  const bin = directory();
  for (const name of names) {
    writeFileSync(join(bin, name), '#!/bin/sh\necho 1.0\n');
    chmodSync(join(bin, name), 0o755);
  }
  process.env.PATH = bin;
}

test('says what lacks, by code, and leaves nothing behind', async () => {
  const cache = directory();
  onlyPrograms('g++');
  await expect(installEngine({ cache, gpu: false })).rejects.toMatchObject({ code: 'tensorflow/no-python' });
  onlyPrograms('python3');
  await expect(installEngine({ cache, gpu: false })).rejects.toMatchObject({ code: 'tensorflow/no-compiler' });
  expect(installedEngine(cache)).toBeUndefined();
  expect(readdirSync(cache).toSorted()).toEqual(['engines', 'tensorflow']);
});

test('an engine that does not load is reported, not fatal', async () => {
  const cache = directory();
  const engine = engineFiles('cpu', cache);
  mkdirSync(engine.tensorflow, { recursive: true });
  mkdirSync(engine.compiled, { recursive: true });
  writeFileSync(engine.loader, 'no library');
  const report = await inspectEngine(cache);
  expect(report.engine).toMatchObject({ kind: 'wasm', tensorflow: null, threads: 1 });
  expect(report.lacks[0].lack).toContain('does not compute here');
  expect(report.cache.bytes).toBe('no library'.length);
  // A new attempt moves it aside before it builds another.
  onlyPrograms('g++');
  await expect(installEngine({ cache, gpu: false })).rejects.toMatchObject({ code: 'tensorflow/no-python' });
  expect(existsSync(engine.compiled)).toBe(false);
});

test('reports an empty cache with the cures', async () => {
  onlyPrograms();
  const report = await inspectEngine(join(directory(), 'none'));
  expect(report.tools).toEqual({ python: null, compiler: null });
  expect(report.lacks.map(({ lack }) => lack)).toEqual(
    expect.arrayContaining(['the native engine is not installed', 'no Python 3 with pip', 'no C++ compiler']),
  );
  expect(report.cache.bytes).toBe(0);
  expect(report.memory.total).toBeGreaterThan(report.memory.free);
});

describeNative('an installed engine', () => {
  test('is left as it is, and reported', async () => {
    const steps: string[] = [];
    const engine = await installEngine({ gpu: false, onProgress: ({ step }) => steps.push(step) });
    expect(steps).toEqual(['done']);
    expect(existsSync(engine.binding)).toBe(true);
    const report = await inspectEngine();
    expect(report.engine).toMatchObject({ kind: 'native', device: 'CPU', tensorflow: TENSORFLOW_VERSION });
    expect(report.cache.bytes).toBeGreaterThan(1e8);
  });
});
