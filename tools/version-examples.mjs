/** Part of `npm run release:version`: packages under examples/ that are no workspaces ask for the version to be released. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { root } from './prepare.mjs';

const { version } = JSON.parse(readFileSync(`${root}packages/cli/package.json`, 'utf8'));
for (const name of readdirSync(`${root}examples`)) {
  const path = `${root}examples/${name}/package.json`;
  if (!existsSync(path)) continue;
  writeFileSync(path, readFileSync(path, 'utf8').replace(/("@perfit\/[^"]+": ")[^"]+"/g, `$1^${version}"`));
}
