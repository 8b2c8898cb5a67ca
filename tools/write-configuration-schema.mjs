import { writeFileSync } from 'node:fs';
import { configurationJsonSchema } from '../packages/runtime/dist/index.js';
import { root } from './prepare.mjs';

writeFileSync(
  `${root}packages/runtime/configuration.schema.json`,
  `${JSON.stringify(configurationJsonSchema(), null, 2)}\n`,
);
