import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TENSORFLOW_VERSION, WHEELS } from '../engine-sources.js';
import { run } from './command.js';
import { findPython } from './toolchain.js';
import { downloadWheel, unpackWheel } from './wheel.js';

const wheels = WHEELS['linux-x64-cpu'];
const wheelName = `tensorflow_cpu-${TENSORFLOW_VERSION}-cp312-cp312-manylinux_2_27_x86_64.whl`;
const directory = () => mkdtempSync(join(tmpdir(), 'perfit-wheel-'));

/** A Python that only knows how to answer `pip download`: it logs its arguments and runs a shell script. */
function fakePython(script: string) {
  const at = directory();
  const path = join(at, 'python3');
  writeFileSync(path, `#!/bin/sh\necho "$@" >> ${at}/log\n${script}\n`);
  chmodSync(path, 0o755);
  return { tool: { path, version: 'fake' }, log: () => readFileSync(join(at, 'log'), 'utf8').trim().split('\n') };
}

test.each([
  ['unreachable', 'Max retries exceeded with url: /simple', 'download-failed'],
  ['refused', 'ERROR: HTTP error 403 while getting it', 'download-failed'],
  ['absent', 'ERROR: No matching distribution found for tensorflow-cpu', 'no-wheel'],
  ['altered', 'ERROR: THESE PACKAGES DO NOT MATCH THE HASHES', 'bad-checksum'],
  ['too large', 'OSError: [Errno 28] No space left on device', 'no-space'],
])('an index that is %s is named', async (_, said, code) => {
  const python = fakePython(`echo '${said}' >&2; exit 1`);
  await expect(downloadWheel(python.tool, wheels, directory(), () => {})).rejects.toMatchObject({
    code: `tensorflow/${code}`,
    message: expect.stringContaining(said.slice(0, 20)),
  });
});

test('asks for another Python’s wheel where the user’s own has none, by pinned checksum', async () => {
  const to = directory();
  const python = fakePython(`case "$*" in
    *"--python-version 3.12"*) touch ${to}/${wheelName};;
    *) echo 'ERROR: Could not find a version that satisfies' >&2; exit 1;;
  esac`);
  const said: string[] = [];
  const wheel = await downloadWheel(python.tool, wheels, to, ({ step }) => said.push(step));
  expect(wheel).toBe(join(to, wheelName));
  expect(python.log()).toHaveLength(2);
  expect(python.log()[1]).toContain('--require-hashes');
  expect(readFileSync(join(to, 'tensorflow-cpu.txt'), 'utf8')).toContain(`--hash=sha256:${wheels.sha256[0]}`);
  expect(said).toContain('download');
});

describe('unpacking', () => {
  const build = async (record: string) => {
    const at = directory();
    const wheel = join(at, wheelName);
    const script = `
import zipfile, sys
with zipfile.ZipFile(sys.argv[1], 'w') as z:
    z.writestr('tensorflow/libtensorflow_cc.so.2', 'library')
    z.writestr('tensorflow/include/tensorflow/c/c_api.h', 'header')
    z.writestr('tensorflow/python/unwanted.py', 'x')
    z.writestr('tensorflow_cpu-2.dist-info/RECORD', sys.argv[2])`;
    const python = (await findPython())!;
    expect((await run(python.path, ['-c', script, wheel, record])).status).toBe(0);
    mkdirSync(join(at, 'out'));
    return { python, wheel, out: join(at, 'out') };
  };
  const line = (name: string, sum: string) => `${name},sha256=${sum},7\n`;

  test('takes the libraries and headers only', async () => {
    const { createHash } = await import('node:crypto');
    const sum = (text: string) => createHash('sha256').update(text).digest('base64url');
    const record =
      line('tensorflow/libtensorflow_cc.so.2', sum('library')) +
      line('tensorflow/include/tensorflow/c/c_api.h', sum('header'));
    const { python, wheel, out } = await build(record);
    await unpackWheel(python, wheel, out);
    expect(readFileSync(join(out, 'tensorflow/libtensorflow_cc.so.2'), 'utf8')).toBe('library');
    expect(existsSync(join(out, 'tensorflow/include/tensorflow/c/c_api.h'))).toBe(true);
    expect(existsSync(join(out, 'tensorflow/python'))).toBe(false);
  });

  test('refuses a member that differs from the record, and drops the wheel', async () => {
    const { python, wheel, out } = await build(line('tensorflow/libtensorflow_cc.so.2', 'AAAA'));
    await expect(unpackWheel(python, wheel, out)).rejects.toMatchObject({ code: 'tensorflow/bad-checksum' });
    expect(existsSync(wheel)).toBe(false);
  });
});
