import type { ScaffoldKind } from './kinds.js';
import type { StrategyName } from './strategy-name.js';

/** Ranges of what is not of this project. */
const OTHERS = { zod: '^4.0.0', tsyringe: '^4.8.0', typescript: '^6.0.0', '@types/node': '^20.19.0' };

/**
 * The package.json of a plugin. What meets the run's own copy is a peer; tests and types are for development.
 *
 * @param packages what strategy and test import of this project.
 */
export function manifestOf(
  folder: string,
  { from }: ScaffoldKind,
  { kebab }: StrategyName,
  language: 'typescript' | 'javascript',
  version: string,
  packages: { readonly ofStrategy: readonly string[]; readonly ofTest: readonly string[] },
) {
  const typed = language === 'typescript';
  const peers = [...new Set([...packages.ofStrategy, from, '@perfit/strategy'])].sort();
  const development = [...new Set([...packages.ofTest, '@perfit/cli'])].filter((name) => !peers.includes(name)).sort();
  const ranges = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, `^${version}`]));
  const test = (file: string) => `node --test ${file}`;
  return {
    name: `perfit-${kebab}`,
    version: '0.1.0',
    description: `${folder} ${kebab} for PerFIT.`,
    keywords: ['perfit-plugin'],
    type: 'module',
    engines: { node: '^20.19 || ^22.12 || >=24' },
    exports: { '.': typed ? { types: './dist/index.d.ts', default: './dist/index.js' } : './src/index.js' },
    files: typed ? ['dist', '!dist/*.test.*'] : ['src', '!src/*.test.js'],
    scripts: typed
      ? {
          build: 'tsc',
          test: `tsc && ${test(`dist/${kebab}.test.js`)}`,
          conform: 'tsc && perfit conform .',
          prepack: 'tsc',
        }
      : { test: test(`src/${kebab}.test.js`), conform: 'perfit conform .' },
    peerDependencies: ranges(peers),
    dependencies: { zod: OTHERS.zod },
    devDependencies: {
      ...ranges(development),
      ...(typed
        ? { '@types/node': OTHERS['@types/node'], tsyringe: OTHERS.tsyringe, typescript: OTHERS.typescript }
        : {}),
    },
  };
}
