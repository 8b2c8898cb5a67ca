import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { installedBinding } from './cache.js';
import type { Engine } from './contract.js';
import { errors } from './errors.js';
import { nativeEngine } from './native.js';
import type { TensorFlowBinding } from './native-binding.js';

/** Which engine, and how many threads it may use. */
export interface EngineOptions {
  /** `auto`: native where it is installed, else WebAssembly. */
  readonly prefer?: 'auto' | 'native' | 'wasm';
  /** Threads of the native engine; fixed by the first engine of a process. Default: all cores. */
  readonly threads?: number;
}

let threadsInUse: number | undefined;

/**
 * Opens the engine.
 *
 * @throws `tensorflow/not-installed`, `tensorflow/load-failed`
 */
export async function createEngine({ prefer = 'auto', threads }: EngineOptions = {}): Promise<Engine> {
  const path = prefer === 'wasm' ? undefined : installedBinding();
  if (!path)
    throw errors.make('not-installed', {
      what: 'the native engine is not installed',
      cure: 'Run `perfit doctor --fix`',
    });
  threadsInUse ??= threads ?? availableParallelism();
  setEnvironment(threadsInUse);
  const binding = createRequire(path)(path) as TensorFlowBinding;
  return nativeEngine(binding, {
    kind: 'native',
    version: binding.TF_Version,
    threads: threadsInUse,
    device: binding.isUsingGpuDevice() ? 'GPU' : 'CPU',
  });
}

/** TensorFlow reads these once, while it loads. */
function setEnvironment(threads: number): void {
  const settings = {
    // TensorFlow leaves oneDNN off on CPUs without AVX-512; measured faster there too (docs/log.md).
    TF_ENABLE_ONEDNN_OPTS: '1',
    TF_DETERMINISTIC_OPS: '1',
    TF_CPP_MIN_LOG_LEVEL: '3',
    OMP_NUM_THREADS: String(threads),
    TF_NUM_INTRAOP_THREADS: String(threads),
    TF_NUM_INTEROP_THREADS: String(threads),
  };
  for (const [name, value] of Object.entries(settings)) process.env[name] ??= value;
}
