import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeDirectory, requireSpace, wheelsFor } from './preconditions.js';

const linux = { platform: 'linux', arch: 'x64', glibc: '2.36' };

test('names the wheels of a supported platform', () => {
  expect(wheelsFor('cpu', linux).package).toBe('tensorflow-cpu');
  expect(wheelsFor('cuda', linux)).toMatchObject({ package: 'tensorflow', extra: 'and-cuda' });
});

test.each([
  ['another system', { ...linux, platform: 'freebsd' }],
  ['another processor', { ...linux, arch: 'ia32' }],
  ['a glibc that is too old', { ...linux, glibc: '2.17' }],
  ['a system without glibc', { ...linux, glibc: undefined }],
])('refuses %s and names WebAssembly', (_, machine) => {
  expect(() => wheelsFor('cpu', machine)).toThrow(
    expect.objectContaining({
      code: 'tensorflow/unsupported-platform',
      message: expect.stringContaining('WebAssembly'),
    }),
  );
});

test('refuses to fill the disk', async () => {
  await expect(requireSpace(tmpdir(), 1e18)).rejects.toMatchObject({
    code: 'tensorflow/no-space',
    message: expect.stringContaining('1000000000.0 GB'),
  });
  await expect(requireSpace(tmpdir(), 1)).resolves.toBeUndefined();
});

test('says where it may not write', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'perfit-cache-')), 'file');
  writeFileSync(file, '');
  expect(() => makeDirectory(join(file, 'below'))).toThrow(
    expect.objectContaining({ code: 'tensorflow/cache-unwritable', message: expect.stringContaining('PERFIT_CACHE') }),
  );
});
