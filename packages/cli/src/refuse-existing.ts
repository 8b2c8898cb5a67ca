import { existsSync, readdirSync } from 'node:fs';
import { errors } from './errors.js';

/** Refuses an output folder that already holds something: nothing is written over. */
export function refuseExisting(path: string): void {
  if (existsSync(path) && readdirSync(path).length > 0) {
    throw errors.make('not-empty', { what: `${path} already holds files`, cure: 'Choose another --out' });
  }
}
