import { readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { posix } from 'node:path';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { problemAffectsResolutionKind, problemKindInfo } from '@arethetypeswrong/core/problems';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import ts from 'typescript';

/** What is wrong with a tarball, as lines: its manifest, its files, its imports, its types. */
export async function tarballProblems(tarball) {
  const data = readFileSync(tarball);
  const archive = createPackageFromTarballData(data);
  const prefix = `/node_modules/${archive.packageName}/`;
  const paths = archive.listFiles().map((path) => path.slice(prefix.length));
  const read = (path) => archive.tryReadFile(prefix + path) ?? '';
  const manifest = JSON.parse(read('package.json'));
  return [
    ...manifestProblems(manifest),
    ...fileProblems(paths),
    ...(/^```/m.test(read('README.md')) ? [] : ['README.md has no example']),
    ...sourceMapProblems(paths, read),
    ...importProblems(paths, read, manifest),
    ...(await publintProblems(data)),
    ...(await resolutionProblems(archive)),
  ];
}

function manifestProblems(manifest) {
  const wanted = {
    'type: module': manifest.type === 'module',
    'sideEffects, so that bundlers drop what is not used': manifest.sideEffects !== undefined,
    'a license': Boolean(manifest.license),
    'a description': Boolean(manifest.description),
    'engines.node': Boolean(manifest.engines?.node),
    'repository.url and repository.directory': Boolean(manifest.repository?.url && manifest.repository?.directory),
    'publishConfig.access: public': manifest.publishConfig?.access === 'public',
    'exports of ./package.json': Boolean(manifest.exports?.['./package.json']),
    'no install scripts': !['preinstall', 'install', 'postinstall', 'prepare'].some((name) => manifest.scripts?.[name]),
  };
  return Object.entries(wanted).flatMap(([what, holds]) => (holds ? [] : [`package.json: lacks ${what}`]));
}

function fileProblems(paths) {
  const missing = ['LICENSE', 'README.md'].filter((path) => !paths.includes(path));
  const stray = paths.filter((path) => /^(src|dist)\/.*(\.test\.|goldens?[./])|\.tsbuildinfo$/.test(path));
  return [
    ...missing.map((path) => `${path} is missing`),
    ...stray.map((path) => `${path} is for development only: leave it out in "files"`),
  ];
}

/** Every module has types and maps, and every map leads to a source that is there. */
function sourceMapProblems(paths, read) {
  const present = new Set(paths);
  const modules = paths.filter((path) => path.startsWith('dist/') && path.endsWith('.js'));
  const companions = modules.flatMap((path) =>
    [`${path}.map`, path.replace(/js$/, 'd.ts'), `${path.replace(/js$/, 'd.ts')}.map`].filter(
      (companion) => !present.has(companion),
    ),
  );
  const unresolved = paths
    .filter((path) => path.endsWith('.map'))
    .flatMap((path) => {
      const { sources, sourceRoot = '', sourcesContent } = JSON.parse(read(path));
      if (sourcesContent) return [];
      return sources
        .map((source) => posix.join(posix.dirname(path), sourceRoot, source))
        .filter((source) => !present.has(source))
        .map((source) => `${path} leads to ${source}, which is not in the tarball (an old build? remove dist)`);
    });
  return [...companions.map((path) => `${path} is missing`), ...unresolved];
}

/** What modules and declarations import is declared: by package.json, not by the developers' tree. */
function importProblems(paths, read, manifest) {
  const declared = new Set([
    manifest.name,
    ...Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies, ...manifest.optionalDependencies }),
  ]);
  const importers = new Map();
  for (const path of paths.filter((name) => /^(dist|bin)\/.*\.(js|d\.ts)$/.test(name))) {
    const { importedFiles, typeReferenceDirectives } = ts.preProcessFile(read(path), true, true);
    const references = path.endsWith('.d.ts') ? typeReferenceDirectives : [];
    for (const { fileName } of [...importedFiles, ...references]) {
      const name = /^(@[^/]+\/[^/]+|[^/]+)/.exec(fileName)?.[0];
      if (fileName.startsWith('.') || fileName.startsWith('node:') || builtinModules.includes(name)) continue;
      if (!declared.has(name)) importers.set(name, path);
    }
  }
  return [...importers].map(([name, path]) => {
    const leak = name in (manifest.devDependencies ?? {}) ? ' is a devDependency but' : '';
    return `${name}${leak} is imported by ${path} and not declared as a dependency`;
  });
}

async function publintProblems(data) {
  const tarball = data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength);
  const { messages, pkg } = await publint({ pack: { tarball }, strict: true });
  return messages
    .filter(({ type }) => type !== 'suggestion')
    .map((message) => `publint: ${formatMessage(message, pkg, { color: false })}`);
}

/** How TypeScript resolves every entry: only the ways that an ESM-only package offers are looked at. */
async function resolutionProblems(archive) {
  const analysis = await checkPackage(archive, { excludeEntrypoints: [/\.json$/] });
  if (!analysis.types) return ['attw: no types found'];
  const lines = analysis.problems
    .filter((problem) =>
      ['node16-esm', 'bundler'].some((kind) => problemAffectsResolutionKind(problem, kind, analysis)),
    )
    .map((problem) => `attw: ${problem.entrypoint ?? ''} ${problemKindInfo[problem.kind].description}`);
  return [...new Set(lines)];
}
