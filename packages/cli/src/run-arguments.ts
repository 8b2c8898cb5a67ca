import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { systemClock } from '@perfit/runtime';

/** `--set` takes every word that follows it: one without `=` was meant as the configuration. */
export function sortOut(config: string | undefined, words: readonly string[] = []) {
  const stray = config === undefined ? words.find((word) => !word.includes('=')) : undefined;
  return { file: config ?? stray, overrides: words.filter((word) => word !== stray) };
}

/** `runs/TIME-NAME`, of a configuration's name; another where that is taken. */
export function freshDirectory(config: string | undefined, prefix = ''): string {
  const name = config === undefined ? 'embedded' : (config.split(/[\\/]/).pop() ?? 'run').replace(/\.ya?ml$/, '');
  const time = new Date(systemClock.now()).toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  const base = join('runs', `${time}-${prefix}${name}`);
  for (let i = 1; ; i++) {
    const path = i === 1 ? base : `${base}-${i}`;
    if (!existsSync(resolve(path))) return path;
  }
}
