import { stringify } from 'yaml';
import { z } from 'zod';
import { referenceOf } from './catalogue.mjs';
import { methodPath, strategyPath } from './kinds.mjs';
import { code, fenced, page, prose, table, WIDE } from './markdown.mjs';
import { propertyTable, withoutDefault } from './schema-table.mjs';
import { sourceLink } from './source-link.mjs';
import { tsdoc } from './tsdoc.mjs';

/** A page a strategy, an index a kind, and one index of all: address → Markdown. */
export function strategyPages({ kinds, methods }, sources) {
  const documented = kinds.map((kind) => ({
    ...kind,
    strategies: kind.strategies.map((factory) => ({ factory, maker: sources.maker(factory.summary) })),
  }));
  const addresses = new Map(
    documented.flatMap((kind) =>
      kind.strategies.map(({ factory, maker }) => [maker?.name, strategyPath(kind, factory.name)]),
    ),
  );
  const pages = new Map([[`${strategyPath({ folder: '' }).replace(/\/+$/, '')}/index`, indexOfAll(kinds)]]);
  for (const kind of documented) {
    pages.set(strategyPath(kind, 'index'), indexPage(kind));
    for (const { factory, maker } of kind.strategies)
      pages.set(
        strategyPath(kind, factory.name),
        strategyPage(kind, factory, maker, methods, (name) => addresses.get(name) ?? null),
      );
  }
  return pages;
}

function strategyPage(kind, factory, maker, methods, addressOf) {
  const { text, throws, examples } = maker?.documentation ?? { text: '', throws: [], examples: [] };
  const schema = z.toJSONSchema(factory.optionsSchema, { io: 'input' });
  const describe = (key, property) => withoutDefault(property.description ?? maker?.options.get(key) ?? '', property);
  const users = usersOf(kind, factory.name, methods);
  return page(
    `# ${factory.name}`,
    `<p class="kind"><a href="./">${kind.title}</a></p>`,
    prose(factory.summary),
    tsdoc(text, addressOf),
    '## Options',
    propertyTable(schema, describe) || 'No options.',
    ...(kind.keys.length > 0 ? ['## In a configuration', fenced('yaml', yamlOf(kind, factory))] : []),
    ...(throws.length > 0
      ? [
          '## Errors',
          throws.map((line) => tsdoc(line, addressOf)).join('\n\n'),
          'Every code is in the [table of errors](/reference/errors).',
        ]
      : []),
    ...(examples.length > 0 ? ['## In a program', examples.map((example) => fenced('ts', example)).join('\n\n')] : []),
    ...(users.length > 0
      ? ['## Methods that use it', users.map((name) => `[${name}](${methodPath(name)})`).join(', ')]
      : []),
    ...(maker ? ['## Source', sourceLink(maker.path)] : []),
  );
}

/** The lines that name the strategy, every option written out. */
export function yamlOf({ keys, inside = (line) => line }, factory) {
  const reference = referenceOf(factory);
  return keys.map((key) => inside(`${key}: ${flowYaml(reference)}`)).join('\n');
}

const flowYaml = (value) => stringify(value, { collectionStyle: 'flow', lineWidth: 0 }).trim();

function usersOf({ keys }, name, methods) {
  const named = (part) => (typeof part === 'string' ? part : part?.name);
  return methods
    .filter(({ explained }) => keys.some((key) => named(explained.parts[key]) === name))
    .map(({ method }) => method.name);
}

const keysText = (keys) =>
  keys.length === 0 ? '' : `Configuration ${keys.length === 1 ? 'key' : 'keys'}: ${keys.map(code).join(', ')}.`;

function indexPage(kind) {
  return page(
    `# ${kind.title}`,
    kind.about,
    keysText(kind.keys),
    table(
      ['name', 'what it is'],
      kind.strategies.map(({ factory: { name, summary } }) => [`[${name}](./${name})`, prose(summary)]),
    ),
  );
}

function indexOfAll(kinds) {
  const count = kinds.reduce((sum, { strategies }) => sum + strategies.length, 0);
  return page(
    WIDE,
    '# Strategies',
    `A method is a record of strategies, one of each kind that it uses. There are ${count} built-in strategies of ${kinds.length} kinds. A [plugin](/guide/plugins) adds others.`,
    table(
      ['kind', 'keys', 'what it decides', 'strategies'],
      kinds.map((kind) => [
        `[${kind.title}](${strategyPath(kind)})`,
        kind.keys.map(code).join(', ') || '–',
        kind.about,
        kind.strategies.map(({ name }) => `[${name}](${strategyPath(kind, name)})`).join(', '),
      ]),
    ),
  );
}
