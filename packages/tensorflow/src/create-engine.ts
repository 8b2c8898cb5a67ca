import { installedEngine } from './cache.js';
import type { Engine } from './contract.js';
import { errors } from './errors.js';
import { nativeEngine } from './native.js';
import { loadBinding } from './native-binding.js';

/** Which engine, and how many threads it may use. */
export interface EngineOptions {
  /** `auto`: native where it is installed, else WebAssembly. */
  readonly prefer?: 'auto' | 'native' | 'wasm';
  /** Threads of the native engine; fixed by the first engine of a process. Default: all cores. */
  readonly threads?: number;
}

/**
 * Opens the engine.
 *
 * @throws `tensorflow/not-installed`, `tensorflow/load-failed`
 */
export async function createEngine({ prefer = 'auto', threads }: EngineOptions = {}): Promise<Engine> {
  const installed = prefer === 'wasm' ? undefined : installedEngine();
  if (!installed)
    throw errors.make('not-installed', {
      what: 'the native engine is not installed',
      cure: 'Run `perfit doctor --fix`',
    });
  const loaded = loadBinding(installed, threads);
  return nativeEngine(loaded.binding, {
    kind: 'native',
    version: loaded.binding.TF_Version,
    threads: loaded.threads,
    device: loaded.binding.isUsingGpuDevice() ? 'GPU' : 'CPU',
  });
}
