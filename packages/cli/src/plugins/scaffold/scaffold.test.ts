import { spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import ts from 'typescript';
import { createProgram } from '../../main.js';
import { scaffoldKinds } from './kinds.js';
import { renderPackage } from './render-package.js';

const root = fileURLToPath(new URL('../../../../..', import.meta.url));
const templates = join(root, 'packages/cli/templates');
const kinds = Object.keys(scaffoldKinds);

let folder: string;
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'perfit-new-')));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'dir');
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
});
afterAll(() => rmSync(folder, { recursive: true }));

const write = (at: string, files: Readonly<Record<string, string>>) => {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, at, path)), { recursive: true });
    writeFileSync(join(folder, at, path), text);
  }
};
const run = (args: readonly string[], cwd = folder) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd, encoding: 'utf8' });
  return { status, output: stdout + stderr, stdout };
};
const tsc = join(root, 'node_modules/typescript/bin/tsc');
const perfit = (...args: readonly string[]) => createProgram().parseAsync([...args], { from: 'user' });

test('every kind has a template in both languages, and no other', () => {
  expect(readdirSync(templates).sort()).toEqual([...kinds].sort());
  for (const kind of kinds)
    expect(readdirSync(join(templates, kind)).sort()).toEqual(
      ['strategy.js', 'strategy.test.js', 'strategy.test.ts', 'strategy.ts'].sort(),
    );
});

test.each(kinds.flatMap((kind) => ['strategy', 'strategy.test'].map((file) => [kind, file])))(
  'the JavaScript of %s/%s is its TypeScript without types',
  (kind, file) => {
    const emitted = (extension: string) => {
      const code = readFileSync(join(templates, kind!, `${file}.${extension}`), 'utf8');
      const { outputText } = ts.transpileModule(code, {
        compilerOptions: { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext, removeComments: true },
      });
      return outputText.replace(/\s+/g, '').replace(/,([)\]}])/g, '$1');
    };
    expect(emitted('js')).toBe(emitted('ts'));
  },
);

test('what is written for every kind compiles strictly, keeps its contract and computes its case by hand', () => {
  for (const kind of kinds) {
    write(`typed/${kind}`, renderPackage(kind, scaffoldKinds[kind]!, `third-${kind}`, 'typescript'));
    write(`plain/${kind}`, renderPackage(kind, scaffoldKinds[kind]!, `fourth-${kind}`, 'javascript'));
  }
  const { compilerOptions } = JSON.parse(readFileSync(join(folder, 'typed/aggregator/tsconfig.json'), 'utf8'));
  const all = {
    compilerOptions: { ...compilerOptions, rootDir: 'typed', declaration: false },
    include: ['typed/*/src'],
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(all));
  expect(run([tsc, '-p', '.'])).toMatchObject({ status: 0, output: '' });
  const tests = kinds.flatMap((kind) => [
    join(folder, `dist/${kind}/src/third-${kind}.test.js`),
    join(folder, `plain/${kind}/src/fourth-${kind}.test.js`),
  ]);
  // One process for all: node:test runs what it is told of when the modules are loaded.
  const script = tests.map((file) => `import ${JSON.stringify(pathToFileURL(file).href)};`).join('\n');
  const { status, output } = run(['--input-type=module', '-e', script]);
  expect([status, output]).toEqual([0, expect.stringContaining(` pass ${4 * kinds.length}\n`)]);
}, 180_000);

test('a written package builds, conforms as a folder, and packs what it exports', async () => {
  const at = join(folder, 'inverse-norm');
  const [printed, noted] = [process.stdout, process.stderr].map((stream) =>
    jest.spyOn(stream, 'write').mockReturnValue(true),
  );
  await perfit('new', 'aggregator', 'inverse-norm', '--dir', at);
  expect(printed!.mock.calls.flat()).toContain(`${join(at, 'src/inverse-norm.ts')}\n`);
  expect(noted!.mock.calls.flat()).toEqual([`Next: cd ${at} && npm install && npm test\n`]);
  for (const spy of [printed!, noted!]) spy.mockRestore();
  expect(run([tsc], at)).toMatchObject({ status: 0, output: '' });
  const conform = run([join(root, 'packages/cli/bin/perfit.js'), 'conform', '.'], at);
  expect([conform.status, conform.output]).toEqual([0, expect.stringMatching(/\n\d+ passed, 0 failed\n$/)]);
  const pack = spawnSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: at, encoding: 'utf8' });
  const [{ name, files }] = JSON.parse(pack.stdout);
  expect(name).toBe('perfit-inverse-norm');
  expect(files.map(({ path }: { path: string }) => path).sort()).toEqual(
    [
      ...['README.md', 'package.json', 'dist/index.js', 'dist/index.d.ts', 'dist/index.js.map'],
      ...['dist/inverse-norm.js', 'dist/inverse-norm.d.ts', 'dist/inverse-norm.js.map'],
    ].sort(),
  );
  const manifest = JSON.parse(readFileSync(join(at, 'package.json'), 'utf8'));
  expect(Object.keys(manifest.peerDependencies)).toEqual(['@perfit/aggregation', '@perfit/lora', '@perfit/strategy']);
  const readme = readFileSync(join(at, 'README.md'), 'utf8');
  expect(readme).toContain('plugins: [perfit-inverse-norm]\naggregator: inverse-norm');
  await expect(perfit('new', 'aggregator', 'inverse-norm', '--dir', at)).rejects.toMatchObject({
    code: 'cli/not-empty',
  });
}, 180_000);

test.each([
  [['codecs', 'x'], 'cli/unknown-kind', "Did you mean 'codec'"],
  [['agregator', 'x'], 'cli/unknown-kind', "Did you mean 'aggregator'"],
  [['serverRule', 'x'], 'cli/unknown-kind', "Did you mean 'server-rule'"],
  [['aggregator', 'InverseNorm'], 'cli/bad-name', "Try 'inverse-norm'"],
  [['aggregator', '2nd'], 'cli/bad-name', "Try 'nd'"],
  [['aggregator', '../x'], 'cli/bad-name', "Try 'x'"],
  [['aggregator', 'default'], 'cli/bad-name', "Try 'my-default'"],
  [['aggregator', 'pack'], 'cli/bad-name', 'which is taken'],
  [['aggregator', 'a'.repeat(61)], 'cli/bad-name', 'up to 60 characters'],
])('perfit new %p is refused as %s', async (args, code, words) => {
  await expect(perfit('new', ...args)).rejects.toMatchObject({ code, message: expect.stringContaining(words) });
});
