/**
 * What a user gets of every published package: packs them all, checks each tarball, installs those that promise to need
 * no tensor library into empty folders, and runs the READMEs' examples. `npm run packages [-- NAME …]`
 */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { problemsAlone } from './packages/install-alone.mjs';
import { exampleProblems, readmeExamples } from './packages/readme-examples.mjs';
import { tarballProblems } from './packages/tarball-problems.mjs';
import { packAll } from './packages/tarballs.mjs';
import { root, step } from './prepare.mjs';

/** These promise, in their READMEs, to do without a tensor library. */
const alone = ['strategy', 'safetensors', 'lora', 'nas', 'aggregation', 'datasets'].map((name) => `@perfit/${name}`);
const typeRoot = join(root, 'node_modules/@types');

process.env.NX_DAEMON ??= 'false';
step('build', 'npx', ['nx', 'run-many', '-t', 'build', '--output-style=static']);
const { installedEngine } = await import('../packages/tensorflow/dist/index.js');
const engine = installedEngine() !== undefined;

const scratch = mkdtempSync(join(tmpdir(), 'perfit-packages-'));
let failed = 0;
try {
  const packages = packAll(root, scratch);
  const wanted = process.argv.slice(2).map((name) => `@perfit/${name.replace('@perfit/', '')}`);
  for (const [name, { tarball, bytes, folder }] of packages) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    const work = join(scratch, name);
    const examples = readmeExamples(join(folder, 'README.md'), engine);
    const problems = [
      ...(await tarballProblems(tarball)),
      ...(alone.includes(name)
        ? problemsAlone(name, packages, examples, work, typeRoot)
        : problemsInWorkspace(examples, work)),
    ];
    const notes = examples.map(
      ({ line, run, reason }) => `example of line ${line} ${run ? 'run' : `not run: ${reason}`}`,
    );
    if (alone.includes(name)) notes.unshift('installed alone');
    console.log(
      `${problems.length === 0 ? 'ok  ' : 'FAIL'} ${[name, `${Math.ceil(bytes / 1000)} kB`, ...notes].join(', ')}`,
    );
    for (const problem of problems) console.log(`     ${problem.replaceAll('\n', '\n     ')}`);
    failed += problems.length === 0 ? 0 : 1;
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
process.exitCode = failed === 0 ? 0 : 1;

/** The examples of a package that needs the engine, run on this clone's build. */
function problemsInWorkspace(examples, work) {
  mkdirSync(work, { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(work, 'node_modules'), 'dir');
  return exampleProblems(examples, work, typeRoot);
}
