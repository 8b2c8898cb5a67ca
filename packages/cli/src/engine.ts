import { createEngine, type Engine } from '@perfit/tensorflow';
import { terminal } from './terminal.js';

/** Opens the engine that a command's `--engine` and `--threads` ask for; says aloud when it falls back. */
export function openEngine({
  engine = 'auto',
  threads,
}: {
  engine?: 'auto' | 'native' | 'wasm';
  threads?: number;
}): Promise<Engine> {
  return createEngine({ prefer: engine, ...(threads === undefined ? {} : { threads }), onNotice: terminal.note });
}
