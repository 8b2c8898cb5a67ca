import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const runtime = fileURLToPath(new URL('../..', import.meta.url));
const plugin = (name: string) =>
  `{ name: '${name}', requires: [], provides: ['aggregator/${name}'], register: () => {} }`;
const manifest = (name: string, target: string) =>
  JSON.stringify({ name, type: 'module', exports: { '.': { types: './index.d.ts', import: target } } });

const files: Readonly<Record<string, string>> = {
  'named.mjs': `export const plugin = ${plugin('named')};`,
  'default.js': `export default ${plugin('by-default')};`,
  'both.mjs': `export default 7;\nexport const plugin = ${plugin('both')};`,
  'package.json': '{ "type": "module" }',
  // What Node's own type stripping refuses or cannot resolve: an enum, a sibling written as .js, a top-level await.
  'typed.ts': `import { sibling } from './deep/sibling.js';
import { word } from 'only-import';
import type { Nothing } from 'nowhere';
enum Shape { Full = 'full' }
await Promise.resolve();
export const plugin: { name: string } & Nothing = { ...${plugin('typed')}, provides: [\`\${Shape.Full}/\${sibling}-\${word}\`] };`,
  'deep/sibling.ts': 'export const sibling: string = "sibling";',
  'typed.mts': `export const plugin: unknown = ${plugin('typed-module')};`,
  '100% odd #name/odd.ts': `export const plugin = ${plugin('odd')} as const;`,
  'node_modules/only-import/package.json': manifest('only-import', './index.js'),
  'node_modules/only-import/index.js': `export const word = 'imported';\nexport default ${plugin('installed')};`,
  'inner/read.me': '',
  'folder/package.json': manifest('perfit-folder', './dist/index.js'),
  'folder/dist/index.js': `export const plugin = ${plugin('folder')};`,
  'unbuilt/package.json': manifest('perfit-unbuilt', './dist/index.js'),
  'plain/index.ts': `export const plugin = ${plugin('plain')};`,
  'other.mjs': 'export const createThing = 1;\nexport const VERSION = 2;',
  'empty.mjs': '',
  'throws.ts': 'throw new RangeError("rank is -1\\nsecond line");',
  'needs.mjs': `import 'not-installed-anywhere';\nexport const plugin = ${plugin('needs')};`,
  'syntax.ts': 'export const = 3;',
  'nameless.mjs': `export const plugin = { ...${plugin('x')}, name: '' };`,
  'provides.mjs': `export const plugin = { ...${plugin('x')}, provides: ['median'] };`,
  'unregistered.mjs': `export const plugin = { ...${plugin('x')}, register: 3 };`,
  'function.mjs': 'export default function plugin() {}',
  'twin.mjs': `export const plugin = ${plugin('named')};`,
};

/** Cases of one process: what each lists, and the folder that it starts from. */
const cases: Readonly<Record<string, readonly [references: readonly string[], base?: string]>> = {
  javascript: [['./named.mjs', './default.js', './both.mjs']],
  typescript: [['./typed.ts', './typed.mts', './100% odd #name/odd.ts']],
  package: [['only-import'], 'inner'],
  folders: [['./folder', './plain']],
  here: [['.'], 'folder'],
  beside: [['fallback-plugin'], 'inner'],
  twice: [['./named.mjs', './deep/../named.mjs']],
  missingFile: [['./absent.ts']],
  missingPackage: [['not-installed-anywhere']],
  bare: [['named.mjs']],
  unbuilt: [['./unbuilt']],
  other: [['./other.mjs']],
  empty: [['./empty.mjs']],
  throws: [['./throws.ts']],
  needs: [['./needs.mjs']],
  syntax: [['./syntax.ts']],
  nameless: [['./nameless.mjs']],
  provides: [['./provides.mjs']],
  unregistered: [['./unregistered.mjs']],
  function: [['./function.mjs']],
  twins: [['./named.mjs', './twin.mjs']],
};

/** A plugin installed beside this package, and not beside the configuration. */
const beside = join(runtime, 'node_modules', 'fallback-plugin');

interface Outcome {
  readonly plugins?: readonly { readonly name: string; readonly provides: readonly string[] }[];
  readonly code?: string;
  readonly message?: string;
  readonly globals: boolean;
}

describe('loadPlugins', () => {
  let folder: string;
  let outcomes: Readonly<Record<string, Outcome>>;

  // Node's own import does the work, which jest replaces: one process outside of jest loads everything.
  beforeAll(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'perfit-plugins-')));
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    mkdirSync(dirname(beside), { recursive: true });
    rmSync(beside, { force: true });
    symlinkSync(join(folder, 'folder'), beside, 'dir');
    const script = `
      import { loadPlugins } from ${JSON.stringify(pathToFileURL(join(runtime, 'dist/index.js')).href)};
      const outcomes = {};
      const names = Object.getOwnPropertyNames(globalThis).length;
      for (const [name, [references, base = '.']] of Object.entries(${JSON.stringify(cases)})) {
        try {
          const plugins = await loadPlugins(references, ${JSON.stringify(folder)} + '/' + base);
          outcomes[name] = { plugins };
        } catch (error) {
          outcomes[name] = { code: error.code, message: error.message };
        }
        outcomes[name].globals = Object.getOwnPropertyNames(globalThis).length === names;
      }
      process.stdout.write(JSON.stringify(outcomes));`;
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
    if (!stdout) throw new Error(stderr);
    outcomes = JSON.parse(stdout);
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
    rmSync(beside);
  });

  const names = (name: string) => outcomes[name]?.plugins?.map((loaded) => loaded.name);

  it.each([
    ['javascript', ['named', 'by-default', 'both']],
    ['typescript', ['typed', 'typed-module', 'odd']],
    ['package', ['installed']],
    ['folders', ['folder', 'plain']],
    ['here', ['folder']],
    ['beside', ['folder']],
    ['twice', ['named']],
  ])('%s', (name, expected) => {
    expect(outcomes[name]).toMatchObject({ plugins: expect.any(Array), globals: true });
    expect(names(name)).toEqual(expected);
  });

  it('takes types out, resolves siblings, and imports packages as Node does', () => {
    expect(outcomes.typescript?.plugins?.[0]?.provides).toEqual(['full/sibling-imported']);
  });

  it.each([
    ['missingFile', 'plugin-not-found', 'there is no plugin at'],
    ['missingPackage', 'plugin-not-found', 'npm install not-installed-anywhere'],
    ['bare', 'plugin-not-found', 'Write ./named.mjs for the file'],
    ['unbuilt', 'plugin-not-found', 'npm run build'],
    ['other', 'plugin-without-export', './other.mjs exports VERSION, createThing, and neither'],
    ['empty', 'plugin-without-export', 'exports nothing'],
    ['throws', 'plugin-failed', 'RangeError: rank is -1. '],
    ['needs', 'plugin-failed', 'not-installed-anywhere'],
    ['syntax', 'plugin-failed', 'syntax.ts'],
    ['nameless', 'plugin-malformed', 'name ""'],
    ['provides', 'plugin-malformed', 'provides ["median"]'],
    ['unregistered', 'plugin-malformed', 'register 3'],
    ['function', 'plugin-malformed', 'requires undefined'],
    ['twins', 'duplicate-plugin', 'named'],
  ])('%s is refused as %s', (name, code, words) => {
    expect(outcomes[name]?.code).toBe(`runtime/${code}`);
    expect(outcomes[name]?.message).toContain(words);
    expect(outcomes[name]?.message).toMatch(/^\[perfit\/runtime\] [^\n]*\. [A-Z][^\n]*\.$/);
  });
});
