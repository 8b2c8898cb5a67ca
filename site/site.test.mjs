import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createProgram } from '@perfit/cli';
import { configurationJsonSchema, planMethods, resolveStrategy, validateConfiguration } from '@perfit/runtime';
import { parse } from 'yaml';
import { referenceOf } from './generate/catalogue.mjs';
import { undescribed } from './generate/configuration-page.mjs';
import { KINDS, methodPath, strategyPath } from './generate/kinds.mjs';
import { generatePages } from './generate/pages.mjs';
import { readSources } from './generate/source-docs.mjs';
import { yamlOf } from './generate/strategy-pages.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const { pages, catalogue, sidebar } = generatePages(root);
const sources = readSources(root);

/** Pages that are written by hand, by address. */
const written = new Map(
  ['', 'guide', 'concepts'].flatMap((folder) =>
    readdirSync(join(root, 'site', folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => [
        posix.join('/', folder, name.replace(/\.md$/, '')),
        readFileSync(join(root, 'site', folder, name), 'utf8'),
      ]),
  ),
);
const all = new Map([...written, ...pages]);

const strategies = catalogue.kinds.flatMap((kind) => kind.strategies.map((factory) => [kind, factory]));

it('knows every kind of strategy', () => {
  const declared = readdirSync(join(root, 'packages')).flatMap((name) => {
    const contract = join(root, 'packages', name, 'src', 'contract.ts');
    const text = existsSync(contract) ? readFileSync(contract, 'utf8') : '';
    return [...text.matchAll(/token<StrategyFactory<\w+>>\('([^']+)'\)/g)].map(([, token]) => token);
  });
  expect(KINDS.map(({ token }) => token.description).sort()).toEqual(declared.sort());
});

describe('the page of a strategy', () => {
  it.each(strategies.map(([kind, factory]) => [`${kind.kind}/${factory.name}`, kind, factory]))(
    '%s: summary, TSDoc, options, and lines that a configuration takes',
    (_, kind, factory) => {
      const text = pages.get(strategyPath(kind, factory.name));
      const maker = sources.maker(factory.summary);
      expect(maker?.documentation?.text.length).toBeGreaterThan(20);
      expect(text).toContain(`# ${factory.name}\n`);
      expect(text).toContain(maker.path);
      const [, options] = /## Options\n\n([\s\S]*?)(?=\n##|$)/.exec(text);
      const names = Object.keys(factory.optionsSchema.shape);
      if (names.length === 0) expect(options.trim()).toBe('No options.');
      for (const name of names) expect(options).toContain(`| \`${name}\` |`);
      if (kind.keys.length === 0) return;
      expect(text).toContain(yamlOf(kind, factory));
      expect(() => validateConfiguration(parse(yamlOf(kind, factory)), 'the page')).not.toThrow();
      const { reference } = resolveStrategy(catalogue.container, kind.token, kind.kind, referenceOf(factory));
      expect(reference.name).toBe(factory.name);
    },
  );

  it('stands in the index of its kind and in that of all', () => {
    expect(strategies.length).toBeGreaterThan(60);
    for (const [kind, { name }] of strategies) {
      expect(pages.get(strategyPath(kind, 'index'))).toContain(`[${name}](./${name})`);
      expect(pages.get('/reference/strategies/index')).toContain(`[${name}](${strategyPath(kind, name)})`);
    }
  });
});

describe('the page of a method', () => {
  it.each(catalogue.methods.map(({ method }) => [method.name, method]))('%s', (name, method) => {
    const text = pages.get(methodPath(name));
    for (const heading of ['What trains, what travels, what is personal', 'Parts', 'What it costs a client'])
      expect(text).toContain(`## ${heading}\n`);
    expect(text).toContain(method.source);
    expect(text).toMatch(/\| trainable parameters \| [\d.]+ \|/);
    expect(pages.get('/reference/methods/index').split(`[${name}](${methodPath(name)})`)).toHaveLength(3);
    const [, expansion] = /```yaml\n(methods:\n {2}[\s\S]*?)```/.exec(text);
    expect(plan(parse(expansion))).toEqual([name]);
  });

  it('says what is personal', () => {
    const personal = (name) => /\| personal \| .* \| (.*) \|/.exec(pages.get(methodPath(name)))[1];
    expect(personal('fedit')).toBe('Nothing.');
    expect(personal('local-only')).toBe('The whole adapter.');
    expect(personal('perfit')).toBe('The architecture; the values of exclusive positions.');
    expect(personal('fedsa-lora')).toBe('The values of positions that do not travel.');
    expect(personal('ditto')).toBe('A second adapter.');
  });
});

it('describes every key of the configuration', () => {
  const schema = configurationJsonSchema();
  expect(undescribed(schema)).toEqual([]);
  for (const key of Object.keys(schema.properties))
    expect(pages.get('/reference/configuration')).toMatch(new RegExp(`\\| \\[?\`${key}\``));
});

it('has every command with its options', () => {
  const text = pages.get('/reference/commands');
  for (const command of createProgram().commands) {
    expect(text).toContain(`## perfit ${command.name()}\n`);
    for (const { flags } of command.options) expect(text).toContain(`\`${flags}\``);
  }
});

it('has every error', () => {
  const count = (text) => text.match(/^\| `[^`]+\/[^`]+` \|/gm).length;
  expect(count(pages.get('/reference/errors'))).toBe(count(readFileSync(join(root, 'docs', 'errors.md'), 'utf8')));
});

it('writes entries of methods, and configurations, that are valid', () => {
  const texts = [...written.values()];
  const entries = texts.flatMap((text) => [...text.matchAll(/`(\{ name: [^`…]*method: [^`…]*\})`/g)]);
  expect(entries.length).toBeGreaterThan(5);
  for (const [, entry] of entries) expect(plan({ methods: [parse(entry)] })).toHaveLength(1);
  const blocks = texts.flatMap((text) => [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, block]) => block));
  const own = blocks.filter((block) => !block.includes('plugins:'));
  // Key by key, since a block may show variants of one.
  for (const lines of own.flatMap((block) => block.trim().split(/\n(?=\S)/)))
    expect(() => validateConfiguration(parse(lines), lines)).not.toThrow();
});

const plan = (raw) => planMethods(catalogue.container, validateConfiguration(raw, 'the page')).map(({ name }) => name);

describe('links', () => {
  const links = [...all].flatMap(([address, text]) =>
    [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)|href="([^"]+)"/g)].map(([, markdown, html]) => [
      address,
      markdown ?? html,
    ]),
  );
  const inside = links.filter(([, to]) => !/^(https?:|\/api\/)/.test(to));

  it('inside the site lead to a page, and to a heading of it', () => {
    expect(inside.length).toBeGreaterThan(500);
    expect(inside.filter(([from, to]) => !leads(from, to))).toEqual([]);
  });

  it('of the sidebar lead to a page', () => {
    const addresses = (items) => items.flatMap((item) => [item.link, ...addresses(item.items ?? [])]).filter(Boolean);
    expect(addresses(sidebar).filter((to) => !leads('/', to))).toEqual([]);
  });

  function leads(from, to) {
    const [path, anchor] = to.split('#');
    const target = path === '' ? from : path.startsWith('/') ? path : posix.join(posix.dirname(from), path);
    const text = all.get(target.endsWith('/') ? `${target}index` : target);
    if (text === undefined || anchor === undefined) return text !== undefined;
    return [...text.matchAll(/^#+ (.*)$/gm)].some(([, heading]) => slug(heading) === anchor);
  }
});

/** Fenced blocks hold no links. */
function withoutCode(text) {
  return text
    .replace(/^(`{3,})[\s\S]*?^\1/gm, '')
    .replace(/`[^`\n]*`/g, (inline) => (inline.includes('](') ? '' : inline));
}

/** A heading's anchor, as VitePress makes it. */
const slug = (heading) =>
  heading
    .normalize('NFKD')
    .replace(/[\s~`!@#$%^&*()\-_+=[\]{}|\\;:"'“”‘’<>,.?/]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .toLowerCase();
