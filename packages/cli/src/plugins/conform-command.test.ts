import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const perfit = (...args: readonly string[]) => {
  const command = [join(root, 'packages/cli/bin/perfit.js'), ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8' });
  return { status, stdout, stderr, lines: stdout.trimEnd().split('\n') };
};

describe('perfit conform', () => {
  it('prints one line a law, says why one fails, counts, and exits with 1', () => {
    const { status, lines } = perfit('conform', join(root, 'examples/broken-plugins/touches-exclusive.ts'));
    expect(status).toBe(1);
    expect(lines).toContain(
      'passed  plugin perfit-touches-exclusive › provides exactly the strategies that it registers',
    );
    expect(lines).toContain(
      'failed  aggregator/touches-exclusive › sends finite values inside of the receiver’s shared positions, at every stage: expect(received).toBe(expected); Expected: 0; Received: 24',
    );
    const [passed, failed] = ['passed  ', 'failed  '].map(
      (word) => lines.filter((line) => line.startsWith(word)).length,
    );
    expect(lines.at(-1)).toBe(`${passed} passed, ${failed} failed`);
  });

  it.each([
    [[], 'conform got no module'],
    [['./x.ts', '--built-in'], 'conform got a module and --built-in'],
  ])('%p is wrong use', (args, words) => {
    const { status, stdout, stderr } = perfit('conform', ...args);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(words);
  });

  it('a plugin with its own copies of the packages meets those of the command', () => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'perfit-two-versions-')));
    try {
      for (const name of ['strategy', 'safetensors', 'lora', 'aggregation']) copyPackage(name, folder);
      writeFileSync(join(folder, 'plugin.mjs'), ownCopies);
      const { status, stdout, stderr } = perfit('conform', join(folder, 'plugin.mjs'), '--json');
      const { results, failed, strategies } = JSON.parse(stdout || JSON.stringify({ stderr }));
      expect(results.filter(({ passed }: { passed: boolean }) => !passed)).toEqual([]);
      expect([status, failed, strategies]).toEqual([
        0,
        0,
        [{ strategy: 'aggregator/foreign', options: {}, traits: {} }],
      ]);
      // Refusals are errors of the plugin's own class: recognised all the same.
      expect(results.map(({ title }: { title: string }) => title)).toContain(
        'aggregator/foreign › refuses › a NaN, and the round goes on without it',
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

/** A plugin that fails to load unless its packages are other modules than the command's, under the same tokens. */
const ownCopies = `
import { AGGREGATOR, checkedFold, weightedMean } from '@perfit/aggregation';
import { defineStrategy, PerfitError } from '@perfit/strategy';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
const theirs = await import(pathToFileURL(createRequire(process.argv[1]).resolve('@perfit/strategy')));
if (theirs.PerfitError === PerfitError) throw new Error('one copy only');
const foreignFactory = defineStrategy({
  kind: 'aggregator', name: 'foreign', summary: 'The mean, out of another installation.',
  optionsSchema: z.strictObject({}), make: () => ({ ...weightedMean(), name: 'foreign' }),
});
export default {
  name: 'foreign', requires: [], provides: ['aggregator/foreign'],
  register: (container) => container.register(AGGREGATOR, { useValue: foreignFactory }),
};
`;

/** A built package under `node_modules`, by copy; what it depends on outside of the project, by link. */
function copyPackage(name: string, folder: string): void {
  const [from, to] = [join(root, 'packages', name), join(folder, 'node_modules/@perfit', name)];
  cpSync(join(from, 'dist'), join(to, 'dist'), { recursive: true });
  cpSync(join(from, 'package.json'), join(to, 'package.json'));
  const { dependencies = {} } = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8'));
  for (const dependency of Object.keys(dependencies).filter((each) => !each.startsWith('@perfit/'))) {
    const link = join(folder, 'node_modules', dependency);
    mkdirSync(dirname(link), { recursive: true });
    rmSync(link, { force: true });
    symlinkSync(join(root, 'node_modules', dependency), link, 'dir');
  }
}
