/**
 * A whole release, to a registry on this machine: versions from the changesets, build, publish, and what a user does
 * next. Nothing leaves the machine and nothing in the clone changes. `npm run publish:dry`
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endCommands, runCommand } from './packages/command.mjs';
import { startLocalRegistry } from './packages/local-registry.mjs';
import { publishedPackages } from './packages/tarballs.mjs';
import { throwAwayClone } from './packages/throw-away-clone.mjs';
import { root } from './prepare.mjs';

const scratch = mkdtempSync(join(tmpdir(), 'perfit-publish-'));
process.on('exit', () => {
  endCommands();
  rmSync(scratch, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1));

const started = Date.now();
/** One step: says what it does and how long it took. */
async function step(title, action) {
  const from = Date.now();
  const result = await action();
  process.stderr.write(`▸ ${title}: ${((Date.now() - from) / 1000).toFixed(1)} s\n`);
  return result;
}

/** A quickstart in small. */
const quickstart = ['methods=[local-only]', 'rounds=1', 'steps=4'].flatMap((setting) => ['--set', setting]);

try {
  await dryRun();
  process.stderr.write(`${((Date.now() - started) / 1000).toFixed(0)} s\n`);
  console.log('ok');
  process.exit(0);
} catch (failure) {
  process.stderr.write(`[perfit] the dry run of a release failed: ${failure.message}\n`);
  process.exit(1);
}

async function dryRun() {
  const clone = join(scratch, 'clone');
  if ((await runCommand('git', ['status', '--porcelain'], { cwd: root, seconds: 60 })).trim() !== '')
    process.stderr.write('[perfit] a release is made of commits: what is not committed is left out\n');
  await step('clone the last commit', () => throwAwayClone(root, clone));

  const upstream = (await runCommand('npm', ['config', 'get', 'registry'], { cwd: scratch, seconds: 60 })).trim();
  const registry = await step('start a registry', () => startLocalRegistry(scratch, upstream));
  // npm wants a token to publish, whatever it is.
  const token = `npm_config_//${new URL(registry).host}/:_authToken`;
  const env = { ...process.env, npm_config_registry: registry, npm_config_audit: 'false', [token]: 'local' };

  const changesets = join(clone, 'node_modules/@changesets/cli/bin.js');
  const compiler = join(clone, 'node_modules/typescript/bin/tsc');
  const release = (title, ...args) =>
    step(title, () => runCommand(process.execPath, args, { cwd: clone, env, seconds: 300 }));
  await release('changeset version', changesets, 'version');
  await release('versions of the examples', join(clone, 'tools/version-examples.mjs'));
  await release('build', compiler, '-b', 'tsconfig.json');
  await release('changeset publish', changesets, 'publish', '--no-git-tag');

  const packages = publishedPackages(clone);
  const { version } = packages.get('@perfit/cli').manifest;
  await useCommand(version, env);
  await usePlugin(clone, packages, env);
}

/** What a user does first, in an empty folder. */
async function useCommand(version, env) {
  const user = { cwd: join(scratch, 'user'), env, seconds: 300 };
  mkdirSync(user.cwd);
  await step(`npm install @perfit/cli@${version}`, () =>
    runCommand('npm', ['install', `@perfit/cli@${version}`], user),
  );
  const tree = Object.entries(JSON.parse(readFileSync(join(user.cwd, 'package-lock.json'), 'utf8')).packages);
  const scripted = tree.flatMap(([place, { hasInstallScript }]) => (hasInstallScript ? [place] : []));
  if (scripted.length > 0) throw new Error(`an install runs scripts of ${scripted.join(', ')}`);
  const help = await step('npx perfit --help', () => runCommand('npx', ['perfit', '--help'], user));
  if (!/\brun\b[\s\S]*\bevaluate\b/.test(help)) throw new Error(`perfit --help lists no commands:\n${help}`);
  await step('npx perfit run', () => runCommand('npx', ['perfit', 'run', ...quickstart, '--out', 'quickstart'], user));
  const { rounds } = JSON.parse(readFileSync(join(user.cwd, 'quickstart/summary.json'), 'utf8'));
  const perplexity = rounds.at(-1).averages.personal.afterLocal.clientMean;
  if (!(perplexity > 1)) throw new Error(`the run's perplexity is ${perplexity}`);
}

/**
 * What the author of a plugin does, on the oldest versions of the libraries that the packages' ranges allow: one copy
 * of each in the tree, so that types fit. Then the user loads that plugin, with other copies of everything.
 */
async function usePlugin(clone, packages, env) {
  const author = { cwd: join(scratch, 'plugin'), env, seconds: 300 };
  cpSync(join(clone, 'examples/custom-aggregator'), author.cwd, { recursive: true });
  const { dependencies } = packages.get('@perfit/runtime').manifest;
  const shared = ['rxjs', 'tsyringe', 'zod'];
  const oldest = shared.map((name) => `${name}@${dependencies[name].replace('^', '')}`);
  await step(`npm install ${oldest.join(' ')} beside a plugin`, () =>
    runCommand('npm', ['install', '--save-exact', ...oldest], author),
  );
  const tree = Object.keys(JSON.parse(readFileSync(join(author.cwd, 'package-lock.json'), 'utf8')).packages);
  for (const name of shared) {
    const copies = tree.filter((place) => place.endsWith(`node_modules/${name}`));
    if (copies.length !== 1) throw new Error(`${name} is there ${copies.length} times: ${copies.join(', ')}`);
  }
  await step('npm run conform', () => runCommand('npm', ['run', 'conform'], author));
  await step('npx perfit conform, from another tree', () =>
    runCommand('npx', ['perfit', 'conform', author.cwd], { ...author, cwd: join(scratch, 'user') }),
  );
}
