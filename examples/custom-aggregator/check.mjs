/**
 * Builds, tests, packs and uses this package as a stranger would: in an empty folder, from tarballs of the project's
 * packages. What is not of the project comes from npm's cache, or its registry. Prints `ok`.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const example = fileURLToPath(new URL('.', import.meta.url));
const root = join(example, '../..');
const scratch = mkdtempSync(join(tmpdir(), 'perfit-stranger-'));
const [tarballs, consumer] = ['tarballs', 'consumer'].map((name) => join(scratch, name));
const plugin = join(consumer, 'plugin');

/** Runs a command and gives its output; ends the check where it fails. */
function run(cwd, command, ...args) {
  process.stderr.write(`▸ ${command} ${args.map((arg) => arg.replace(scratch, '…')).join(' ')}\n`);
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    shell: process.platform === 'win32',
    maxBuffer: 2 ** 26,
  });
  if (status === 0) return stdout;
  throw new Error(`${command} ${args[0]} gave status ${status}\n${error?.message ?? ''}${stdout}${stderr}`);
}
const install = (...packages) =>
  run(consumer, 'npm', 'install', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', ...packages);
const expectIn = (text, words) => {
  if (!text.includes(words)) throw new Error(`no '${words}' in\n${text}`);
};

try {
  for (const folder of [tarballs, plugin]) mkdirSync(folder, { recursive: true });
  writeFileSync(join(consumer, 'package.json'), '{ "private": true, "type": "module" }\n');
  for (const name of ['package.json', 'tsconfig.json', 'README.md', 'src'])
    cpSync(join(example, name), join(plugin, name), { recursive: true });

  if (!process.argv.includes('--built')) run(root, 'npx', 'tsc', '-b');
  run(root, 'npm', 'pack', '--workspaces', '--ignore-scripts', '--loglevel=error', '--pack-destination', tarballs);
  const { devDependencies } = JSON.parse(readFileSync(join(plugin, 'package.json'), 'utf8'));
  const others = Object.entries(devDependencies).filter(([name]) => !name.startsWith('@perfit/'));
  install(
    ...readdirSync(tarballs).map((name) => join(tarballs, name)),
    ...others.map(([name, range]) => `${name}@${range}`),
  );

  run(plugin, 'npm', 'run', 'build');
  run(plugin, 'npm', 'test');
  expectIn(run(plugin, 'npm', 'run', 'conform'), ' passed, 0 failed');
  run(plugin, 'npm', 'pack', '--pack-destination', scratch);

  install(join(scratch, 'perfit-inverse-norm-0.1.0.tgz'));
  expectIn(run(consumer, 'npx', 'perfit', 'conform', 'perfit-inverse-norm'), ' passed, 0 failed');
  writeFileSync(
    join(consumer, 'config.yaml'),
    'plugins: [perfit-inverse-norm]\nalgorithm: fedit\naggregator: { name: inverse-norm, floor: 1.0e-3 }\n',
  );
  const explained = JSON.parse(run(consumer, 'npx', 'perfit', 'run', 'config.yaml', '--explain', '--json'));
  expectIn(JSON.stringify(explained.methods[0].parts.aggregator), '{"name":"inverse-norm","floor":0.001}');
  process.stdout.write('ok\n');
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
} finally {
  rmSync(scratch, { recursive: true });
}
