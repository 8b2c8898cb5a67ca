import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { openRunDirectory } from './run-directory.js';

const resolved = { seed: 1, rounds: 5, activationCheckpointing: false, hiddenStateCache: 4 };

const code = (name: string) => expect.objectContaining({ code: `runtime/${name}` });

function made(): string {
  const path = join(mkdtempSync(join(tmpdir(), 'perfit-run-directory-')), 'run');
  openRunDirectory(path, resolved, false);
  return path;
}

test('a directory that holds a run is not written over', () => {
  const path = made();
  expect(() => openRunDirectory(path, resolved, false)).toThrow(code('run-directory-exists'));
  expect(() => openRunDirectory(path, resolved, true)).not.toThrow();
});

test.each([{ seed: 2 }, { rounds: 6 }, { dtype: 'bf16' }])('a run does not go on with %j', (change) => {
  const path = made();
  expect(() => openRunDirectory(path, { ...resolved, ...change }, true)).toThrow(code('resume-mismatch'));
  expect(parse(readFileSync(join(path, 'config.yaml'), 'utf8'))).toEqual(resolved);
});

test('it does go on with settings that change no bit, for one that ran out of memory or disk', () => {
  const path = made();
  const cheaper = { ...resolved, activationCheckpointing: true, hiddenStateCache: 0 };
  expect(() => openRunDirectory(path, cheaper, true)).not.toThrow();
});
