import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { configurationJsonSchema } from '@perfit/runtime';
import { readCatalogue } from './catalogue.mjs';
import { commandPage } from './command-page.mjs';
import { configurationPage } from './configuration-page.mjs';
import { documentPages } from './document-pages.mjs';
import { errorPage } from './error-page.mjs';
import { methodPath, strategyPath } from './kinds.mjs';
import { methodPages } from './method-pages.mjs';
import { readSources } from './source-docs.mjs';
import { strategyPages } from './strategy-pages.mjs';

/** Every generated page by its address, and the sidebar of the reference. */
export function generatePages(root) {
  const catalogue = readCatalogue();
  const sources = readSources(root);
  const documents = documentPages(root);
  const pages = new Map([
    ['/reference/configuration', configurationPage(configurationJsonSchema())],
    ['/reference/commands', commandPage()],
    ['/reference/errors', errorPage(readFileSync(join(root, 'docs', 'errors.md'), 'utf8'))],
    ...strategyPages(catalogue, sources),
    ...methodPages(catalogue, sources),
    ...documents.pages,
  ]);
  return { pages, sidebar: sidebarOf(catalogue, documents), catalogue };
}

function sidebarOf({ kinds, methods }, { examples }) {
  const link = (text, address) => ({ text, link: address });
  return [
    {
      text: 'Reference',
      items: [
        link('Configuration', '/reference/configuration'),
        link('Command line', '/reference/commands'),
        link('Errors', '/reference/errors'),
      ],
    },
    {
      text: 'Methods',
      collapsed: true,
      link: methodPath(),
      items: methods.map(({ method: { name } }) => link(name, methodPath(name))),
    },
    {
      text: 'Strategies',
      link: '/reference/strategies/',
      items: kinds.map((kind) => ({
        text: kind.title,
        collapsed: true,
        link: strategyPath(kind),
        items: kind.strategies.map(({ name }) => link(name, strategyPath(kind, name))),
      })),
    },
    {
      text: 'Results',
      collapsed: true,
      link: '/reference/results/',
      items: [
        ...examples.map(({ name }) => link(name, `/reference/results/${name}`)),
        link('Benchmarks', '/reference/results/benchmarks'),
        link('Log', '/reference/results/log'),
        link('Decisions', '/reference/decisions'),
      ],
    },
  ];
}
