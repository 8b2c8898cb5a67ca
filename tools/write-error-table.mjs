import { readdirSync, writeFileSync } from 'node:fs';
import { renderErrorTable } from '../packages/strategy/dist/index.js';
import { root } from './prepare.mjs';

const names = readdirSync(`${root}packages`).filter((name) => name !== 'strategy');
const tables = await Promise.all(
  names.map(async (name) => (await import(`../packages/${name}/dist/errors.js`)).errors),
);
writeFileSync(`${root}docs/errors.md`, renderErrorTable(tables));
