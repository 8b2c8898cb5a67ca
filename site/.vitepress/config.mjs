import { existsSync, readFileSync } from 'node:fs';
import { defineConfig } from 'vitepress';

const generated = new URL('../reference/sidebar.json', import.meta.url);
if (!existsSync(generated))
  throw new Error('[perfit/site] site/reference is missing. Run node site/generate.mjs first.');

const guide = [
  {
    text: 'Guide',
    items: [
      { text: 'Quickstart', link: '/guide/quickstart' },
      { text: 'Install', link: '/guide/install' },
      { text: 'Your own rows', link: '/guide/data' },
      { text: 'Sweeps', link: '/guide/sweeps' },
      { text: 'Reproduce a run', link: '/guide/reproduce' },
      { text: 'Write a plugin', link: '/guide/plugins' },
    ],
  },
  {
    text: 'Concepts',
    items: [
      { text: 'A round', link: '/concepts/round' },
      { text: 'The search', link: '/concepts/search' },
      { text: 'Architectures', link: '/concepts/architectures' },
      { text: 'Nouns', link: '/concepts/nouns' },
      { text: 'What is measured', link: '/concepts/measures' },
      { text: 'A fair comparison', link: '/concepts/comparison' },
      { text: 'When it is not working', link: '/concepts/trouble' },
    ],
  },
];

export default defineConfig({
  title: 'PerFIT',
  description: 'Personalised federated instruction tuning of language models.',
  lang: 'en-GB',
  base: process.env.SITE_BASE ?? '/',
  // TypeDoc's pages lie in public/; a link that leads nowhere fails the build.
  ignoreDeadLinks: false,
  markdown: { theme: { light: 'github-light-high-contrast', dark: 'github-dark' } },
  themeConfig: {
    search: { provider: 'local' },
    outline: { level: [2, 3] },
    socialLinks: [],
    nav: [
      { text: 'Guide', link: '/guide/quickstart', activeMatch: '^/guide/' },
      { text: 'Concepts', link: '/concepts/round', activeMatch: '^/concepts/' },
      { text: 'Methods', link: '/reference/methods/', activeMatch: '^/reference/methods/' },
      { text: 'Strategies', link: '/reference/strategies/', activeMatch: '^/reference/strategies/' },
      { text: 'API', link: '/api/index.html', target: '_self' },
    ],
    sidebar: [
      ...guide,
      ...JSON.parse(readFileSync(generated, 'utf8')),
      { text: 'API', items: [{ text: 'TypeScript packages', link: '/api/index.html', target: '_self' }] },
    ],
    docFooter: { prev: 'Before', next: 'Next' },
  },
});
