import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { directoryFiles, type LocalHub, serveHub } from '@perfit/models/testing';

const bin = fileURLToPath(new URL('../../bin/perfit.js', import.meta.url));
const goldens = fileURLToPath(new URL('../../../models/src/goldens/', import.meta.url));
const TOKEN = 'hf_secretOfThisTest';
let scratch: string;
let hub: LocalHub;

beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'perfit-pull-'));
  const files = directoryFiles(join(goldens, 'tied'));
  files.set('every.gguf', readFileSync(join(goldens, 'every-quantisation.gguf')));
  hub = await serveHub({
    repository: 'some/model',
    files,
    answer: ({ headers }, response) => {
      if (headers.authorization === `Bearer ${TOKEN}`) return false;
      response.writeHead(401).end();
      return true;
    },
  });
});
afterAll(async () => {
  await hub.close();
  rmSync(scratch, { recursive: true });
});

/** The command line as a process of its own: the hub answers from this one meanwhile. */
async function perfit(args: readonly string[], variables: Readonly<Record<string, string>> = {}) {
  const env = { ...process.env, PERFIT_CACHE: join(scratch, 'cache'), HF_ENDPOINT: hub.url, ...variables };
  const child = spawn(process.execPath, [bin, '--engine', 'wasm', ...args], { cwd: scratch, env });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const status = await new Promise((resolve) => child.on('close', resolve));
  return { status, stdout, stderr };
}
const allowed = { HF_TOKEN: TOKEN };

test('a model of the hub is refused, pulled, and computed with', async () => {
  const generate = ['generate', '--model', 'some/model', '--prompt', 'the', '--max-new-tokens', '3', '--json'];
  const before = await perfit(generate);
  expect(before).toMatchObject({ status: 1, stdout: '' });
  expect(before.stderr).toMatch(/^\[perfit\/models\] .*run `perfit pull some\/model`\.$/m);

  const refused = await perfit(['pull', 'some/model']);
  expect(refused).toMatchObject({ status: 1, stdout: '' });
  expect(refused.stderr).toMatch(/^\[perfit\/models\] the hub answers 401 .*access token into HF_TOKEN\.\n$/);

  const pulled = await perfit(['pull', 'some/model'], allowed);
  expect(pulled).toMatchObject({
    status: 0,
    stdout: `${join(scratch, 'cache/hub/some/model', hub.commit)}\n`,
  });
  expect(pulled.stderr).toMatch(/^download 0 %\n(download \d+ %\n)*verify\ndone\n$/);

  const after = await perfit(generate, { HF_ENDPOINT: 'http://nowhere.invalid' });
  expect(after.status).toBe(0);
  expect(JSON.parse(after.stdout).ids.length).toBeGreaterThan(0);
}, 240_000);

test('--file takes one GGUF file, at a revision', async () => {
  const { status, stdout } = await perfit(['pull', 'some/model@v1', '--file', 'every.gguf'], allowed);
  expect(status).toBe(0);
  expect(stdout).toBe(`${join(scratch, 'cache/hub/some/model', hub.commit, 'every.gguf')}\n`);
  const absent = await perfit(['pull', 'some/model', '--file', 'absent.gguf'], allowed);
  expect(absent).toMatchObject({ status: 1, stdout: '' });
  expect(absent.stderr).toMatch(/has no absent\.gguf\. Give --file with one of: every\.gguf\.\n$/);
  expect(absent.stderr).not.toContain(TOKEN);
}, 240_000);
