import { existsSync, readdirSync, statSync } from 'node:fs';
import { errors } from './errors.js';

/** Refuses an output folder that already holds something, and a file: nothing is written over. */
export function refuseExisting(path: string): void {
  if (!existsSync(path)) return;
  if (!statSync(path).isDirectory() || readdirSync(path).length > 0) {
    throw errors.make('not-empty', {
      what: `${path} already exists and is not an empty folder`,
      cure: 'Choose another --out',
    });
  }
}
