import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Every package of a clone that is published, by name: its folder and its manifest. */
export function publishedPackages(clone) {
  const found = readdirSync(join(clone, 'packages')).map((directory) => {
    const folder = join(clone, 'packages', directory);
    return { folder, manifest: JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) };
  });
  return new Map(found.filter(({ manifest }) => !manifest.private).map((entry) => [entry.manifest.name, entry]));
}

/** `npm pack` of every published package into a folder: what `npm publish` would send. */
export function packAll(clone, destination) {
  const packages = publishedPackages(clone);
  const selection = [...packages.keys()].flatMap((name) => ['--workspace', name]);
  const output = execFileSync('npm', ['pack', '--json', '--pack-destination', destination, ...selection], {
    cwd: clone,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  // npm 11 lists them, later ones may key them by name.
  for (const { name, filename } of Object.values(JSON.parse(output))) {
    const tarball = join(destination, filename);
    Object.assign(packages.get(name), { tarball, bytes: statSync(tarball).size });
  }
  return packages;
}

/** A package and the packages of this project that it needs, directly or not. */
export function withOwnDependencies(name, packages, seen = new Set()) {
  if (seen.has(name) || !packages.has(name)) return seen;
  seen.add(name);
  for (const needed of Object.keys(packages.get(name).manifest.dependencies ?? {})) {
    withOwnDependencies(needed, packages, seen);
  }
  return seen;
}
