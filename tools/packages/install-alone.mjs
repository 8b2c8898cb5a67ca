import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exampleProblems } from './readme-examples.mjs';
import { withOwnDependencies } from './tarballs.mjs';

/** No tensor library may come with these. */
const tensorLibrary = /(^|\/)node_modules\/(@tensorflow\/|@perfit\/tensorflow$)/;

/**
 * Installs a package from the tarballs into an empty folder, with nothing else of this project than what it needs, and
 * there looks for a tensor library, imports every entry, checks types, and runs the README's examples.
 */
export function problemsAlone(name, packages, examples, folder, typeRoot) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
  const tarballs = [...withOwnDependencies(name, packages)].map((needed) => packages.get(needed).tarball);
  const install = spawnSync(
    'npm',
    ['install', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error', ...tarballs],
    { cwd: folder, encoding: 'utf8', timeout: 180_000 },
  );
  if (install.status !== 0) return [`does not install: ${install.stderr}`];

  const tree = Object.keys(JSON.parse(readFileSync(join(folder, 'node_modules/.package-lock.json'), 'utf8')).packages);
  const entries = Object.keys(packages.get(name).manifest.exports).filter((entry) => !entry.endsWith('.json'));
  const code = `${entries.map((entry, i) => `import * as entry${i} from '${name}${entry.slice(1)}';`).join('\n')}
for (const entry of [${entries.map((_, i) => `entry${i}`)}]) if (Object.keys(entry).length === 0) throw new Error('an entry exports nothing');
`;
  return [
    ...tree
      .filter((path) => tensorLibrary.test(path))
      .map((path) => `brings ${path}: it must install without a tensor library`),
    ...(examples.some(({ run }) => run) ? [] : ['README.md has no example to run']),
    ...exampleProblems([{ language: 'ts', line: 0, code, compiled: true, run: true }, ...examples], folder, typeRoot),
  ];
}
