import { readdirSync } from 'node:fs';
import { root, step } from './prepare.mjs';

for (const name of readdirSync(`${root}packages`))
  step(`type check ${name} with its tests`, 'npx', ['tsc', '-p', `packages/${name}/tsconfig.json`]);
