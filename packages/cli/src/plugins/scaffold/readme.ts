import type { ScaffoldKind } from './kinds.js';
import type { StrategyName } from './strategy-name.js';

/** The README of a plugin: how it is tested, packed and used. */
export function readmeOf(
  folder: string,
  { key }: ScaffoldKind,
  { kebab, camel }: StrategyName,
  language: 'typescript' | 'javascript',
): string {
  const typed = language === 'typescript';
  const entry = typed ? '.' : './src/index.js';
  return `# perfit-${kebab}

A strategy of the kind ${folder} for PerFIT (\`@perfit/cli\`).

\`\`\`sh
npm install
npm test            # ${typed ? 'builds, then ' : ''}runs src/${kebab}.test.${typed ? 'ts' : 'js'}: the contract of its kind, and a case by hand
npm run conform     # the same contract, one line a law
npm pack            # perfit-${kebab}-0.1.0.tgz
\`\`\`

In a configuration, where the package is installed:

\`\`\`yaml
plugins: [perfit-${kebab}]
${key}: ${kebab}            # or { name: ${kebab}, … } with its options
\`\`\`

Without installing it: \`perfit run config.yaml --plugin ${entry} --set ${key}=${kebab}\`.

| file | what it is |
|---|---|
| \`src/${kebab}.${typed ? 'ts' : 'js'}\` | \`${camel}\`, and its factory: name, options, defaults |
| \`src/index.${typed ? 'ts' : 'js'}\` | the plugin: what it provides |
`;
}
