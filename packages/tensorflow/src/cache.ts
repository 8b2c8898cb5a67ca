import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { instructionSet, readCpu } from './cpu.js';
import { sourcesDigest, TENSORFLOW_VERSION } from './engine-sources.js';

/** What an engine was built for. */
export type Accelerator = 'cpu' | 'cuda';

/** The user's cache: `$PERFIT_CACHE`, or `perfit` under the XDG cache directory. */
export function cacheDirectory(env: Readonly<Record<string, string | undefined>> = process.env): string {
  return env.PERFIT_CACHE || join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'perfit');
}

/**
 * Where an engine of this machine lies, whether it exists or not: TensorFlow's libraries, which change with TensorFlow,
 * and beside them what is compiled here, which changes with our sources and takes seconds.
 */
export interface EngineFiles {
  readonly accelerator: Accelerator;
  /** Holds `tensorflow/`, and `nvidia/` for CUDA. */
  readonly tensorflow: string;
  /** TensorFlow's libraries, in the order in which they are loaded. */
  readonly libraries: readonly string[];
  /** What was compiled. */
  readonly compiled: string;
  readonly loader: string;
  /** Our fused operations, compiled for this processor's instruction set. */
  readonly kernels: string;
  readonly binding: string;
}

/** Names the files of an engine. */
export function engineFiles(accelerator: Accelerator, cache = cacheDirectory()): EngineFiles {
  const name = [TENSORFLOW_VERSION, process.platform, process.arch, accelerator].join('-');
  return filesIn(accelerator, join(cache, 'tensorflow', name), join(cache, 'engines', `${name}-${sourcesDigest()}`));
}

/** Names the files of an engine in given directories. */
export function filesIn(accelerator: Accelerator, tensorflow: string, compiled: string): EngineFiles {
  return {
    accelerator,
    tensorflow,
    libraries: ['libtensorflow_framework.so.2', 'libtensorflow_cc.so.2'].map((file) =>
      join(tensorflow, 'tensorflow', file),
    ),
    compiled,
    loader: join(compiled, 'perfit_loader.node'),
    kernels: join(compiled, `perfit_kernels.${instructionSet(readCpu())}.so`),
    binding: join(compiled, 'tfjs_binding.node'),
  };
}

/** Whether both halves are in place. */
export function isInstalled({ tensorflow, compiled }: EngineFiles): boolean {
  return existsSync(tensorflow) && existsSync(compiled);
}

/** The engine that this machine would use, where one is installed: CUDA's on a machine with an NVIDIA driver. */
export function installedEngine(cache = cacheDirectory()): EngineFiles | undefined {
  const order: readonly Accelerator[] = existsSync('/proc/driver/nvidia/version') ? ['cuda', 'cpu'] : ['cpu'];
  return order.map((accelerator) => engineFiles(accelerator, cache)).find(isInstalled);
}
