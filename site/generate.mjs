// Writes site/reference, the pages that are made of what is registered: one a strategy, one a method, the configuration,
// the command line, the errors. Needs a build of the packages.
//   node site/generate.mjs
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generatePages } from './generate/pages.mjs';

const site = fileURLToPath(new URL('.', import.meta.url));
const { pages, sidebar } = generatePages(join(site, '..'));
rmSync(join(site, 'reference'), { recursive: true, force: true });
for (const [address, text] of pages) {
  const file = join(site, `${address}.md`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
writeFileSync(join(site, 'reference', 'sidebar.json'), `${JSON.stringify(sidebar, null, 2)}\n`);
console.log(`${pages.size} pages`);
