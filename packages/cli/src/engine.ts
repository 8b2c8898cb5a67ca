import { type PlannedEngine, plannedEngine } from '@perfit/runtime';
import { createEngine, type Engine, installedEngine } from '@perfit/tensorflow';
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

/** The engine that {@link openEngine} would open, as far as its memory goes; nothing of it is loaded. */
export function engineToCome({ engine = 'auto' }: { engine?: 'auto' | 'native' | 'wasm' }): PlannedEngine {
  const installed = engine === 'wasm' ? undefined : installedEngine();
  if (!installed && engine !== 'native') return plannedEngine({ kind: 'wasm', device: 'CPU' });
  return plannedEngine({ kind: 'native', device: installed?.accelerator === 'cuda' ? 'GPU' : 'CPU' });
}
