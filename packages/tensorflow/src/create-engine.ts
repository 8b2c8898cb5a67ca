import { basename } from 'node:path';
import { installedEngine } from './cache.js';
import type { Engine } from './contract.js';
import { errors } from './errors.js';
import { findGpus } from './install/toolchain.js';

/** Which engine, and how many threads it may use. */
export interface EngineOptions {
  /** `auto`: native where it is installed and loads, else WebAssembly. */
  readonly prefer?: 'auto' | 'native' | 'wasm';
  /** Threads of the native engine; fixed by the first engine of a process. Default: all cores. */
  readonly threads?: number;
  /** Is told, in one sentence, when `auto` falls back to WebAssembly. */
  readonly onNotice?: (notice: string) => void;
}

/**
 * Opens the engine. What the other engine needs is not loaded.
 *
 * @throws `tensorflow/not-installed`, `tensorflow/load-failed` (with `prefer: 'native'`)
 *
 * @example
 * const engine = await createEngine({ onNotice: (notice) => process.stderr.write(`${notice}\n`) });
 * const x = engine.upload(Float32Array.of(1, 2, 3, 4), [2, 2]);
 * const y = engine.matmul(x, x, { transposeB: true });
 * engine.download(y); // 5, 11, 11, 25
 * engine.dispose(x, y);
 */
export async function createEngine({ prefer = 'auto', threads, onNotice }: EngineOptions = {}): Promise<Engine> {
  if (prefer === 'wasm') return (await import('./wasm.js')).wasmEngine();
  try {
    return await native(threads);
  } catch (error) {
    if (prefer === 'native') throw error;
    onNotice?.(`${(error as Error).message} Until then WebAssembly computes, on one thread: models train slowly.`);
    return (await import('./wasm.js')).wasmEngine();
  }
}

async function native(threads?: number): Promise<Engine> {
  const installed = installedEngine();
  if (!installed)
    throw errors.make('not-installed', {
      what: 'the native engine is not installed',
      cure: 'Install it with `perfit doctor --fix`',
    });
  const { loadBinding } = await import('./native-binding.js');
  const { nativeEngine } = await import('./native.js');
  const { binding, threads: inForce } = loadBinding(installed, threads);
  return nativeEngine(binding, {
    kind: 'native',
    version: binding.TF_Version,
    threads: inForce,
    device: binding.isUsingGpuDevice() ? ((await findGpus())[0] ?? 'GPU') : 'CPU',
    build: basename(installed.compiled),
  });
}
