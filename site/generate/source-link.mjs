import { readFileSync } from 'node:fs';

const { repository } = JSON.parse(
  readFileSync(new URL('../../packages/runtime/package.json', import.meta.url), 'utf8'),
);
const home = repository.url.replace(/^git\+/, '').replace(/\.git$/, '');

/** The address of a file or folder of the repository. */
export const sourceAddress = (path) => `${home}/blob/main/${path}`;

/** A link to it. */
export const sourceLink = (path) => `[${path}](${sourceAddress(path)})`;
