import { readFileSync } from 'node:fs';
import { version } from '../../version.js';
import type { ScaffoldKind } from './kinds.js';
import { manifestOf } from './manifest.js';
import { readmeOf } from './readme.js';
import { type StrategyName, strategyName } from './strategy-name.js';

/** Files by path. */
export type Files = Readonly<Record<string, string>>;

const TSCONFIG = {
  compilerOptions: {
    target: 'es2023',
    lib: ['es2023'],
    module: 'nodenext',
    types: ['node'],
    rootDir: 'src',
    outDir: 'dist',
    strict: true,
    verbatimModuleSyntax: true,
    declaration: true,
    sourceMap: true,
    skipLibCheck: true,
  },
  include: ['src'],
};

/**
 * The files of a package with one strategy, from the kind's template.
 *
 * @param folder the kind's name on the command line: its template's folder.
 * @throws `cli/bad-name`.
 */
export function renderPackage(
  folder: string,
  kind: ScaffoldKind,
  kebab: string,
  language: 'typescript' | 'javascript',
): Files {
  const extension = language === 'typescript' ? 'ts' : 'js';
  const template = (file: string) =>
    readFileSync(new URL(`../../../templates/${folder}/${file}.${extension}`, import.meta.url), 'utf8');
  const [strategy, test] = [template('strategy'), template('strategy.test')];
  const name = strategyName(kebab, importedNames(strategy + test));
  const files = {
    [`src/${kebab}.${extension}`]: fillIn(strategy, name),
    [`src/${kebab}.test.${extension}`]: fillIn(test, name),
    [`src/index.${extension}`]:
      language === 'typescript' ? indexInTypeScript(kind, name) : indexInJavaScript(kind, name),
    'README.md': readmeOf(folder, kind, name, language),
    '.gitignore': 'node_modules/\ndist/\n*.tgz\n',
  };
  const packages = { ofStrategy: importedPackages(strategy), ofTest: importedPackages(test) };
  const manifest = manifestOf(folder, kind, name, language, version, packages);
  return {
    'package.json': json(manifest),
    ...(language === 'typescript' ? { 'tsconfig.json': json(TSCONFIG) } : {}),
    ...files,
  };
}

const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;

const fillIn = (text: string, { kebab, camel, pascal }: StrategyName) =>
  text.replaceAll('template-name', kebab).replaceAll('templateName', camel).replaceAll('TemplateName', pascal);

function importedNames(code: string): ReadonlySet<string> {
  const clauses = [...code.matchAll(/^import (.+) from/gm)].map(([, clause = '']) => clause);
  return new Set(clauses.flatMap((clause) => clause.match(/\w+/g) ?? []).filter((word) => word !== 'templateName'));
}

const importedPackages = (code: string): readonly string[] =>
  [...code.matchAll(/from '(@perfit\/[a-z]+)/g)].map(([, name = '']) => name);

const indexInTypeScript = ({ kind, token, from }: ScaffoldKind, { kebab, camel }: StrategyName) =>
  `import { ${token} } from '${from}';
import type { Plugin } from '@perfit/strategy';
import type { DependencyContainer } from 'tsyringe';
import { ${camel}Factory } from './${kebab}.js';

export { ${camel}, ${camel}Factory } from './${kebab}.js';

/** What \`plugins\` in a configuration loads. */
export const plugin: Plugin<DependencyContainer> = {
  name: 'perfit-${kebab}',
  requires: [],
  provides: ['${kind}/${kebab}'],
  register: (container) => void container.register(${token}, { useValue: ${camel}Factory }),
};
`;

const indexInJavaScript = ({ kind, token, from }: ScaffoldKind, { kebab, camel }: StrategyName) =>
  `import { ${token} } from '${from}';
import { ${camel}Factory } from './${kebab}.js';

export { ${camel}, ${camel}Factory } from './${kebab}.js';

/** What \`plugins\` in a configuration loads. */
export const plugin = {
  name: 'perfit-${kebab}',
  requires: [],
  provides: ['${kind}/${kebab}'],
  register: (container) => container.register(${token}, { useValue: ${camel}Factory }),
};
`;
