import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type InstructionSet, instructionSets } from './cpu.js';
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
  /** Our fused operations. */
  readonly kernels: string;
  readonly binding: string;
}

/** Names the files of an engine whose kernels are compiled for an instruction set; default: this processor's. */
export function engineFiles(
  accelerator: Accelerator,
  cache = cacheDirectory(),
  instructions: InstructionSet = instructionSets()[0],
): EngineFiles {
  const name = [TENSORFLOW_VERSION, process.platform, process.arch, accelerator].join('-');
  const compiled = [name, instructions, sourcesDigest()].join('-');
  return filesIn(accelerator, join(cache, 'tensorflow', name), join(cache, 'engines', compiled));
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
    kernels: join(compiled, 'perfit_kernels.so'),
    binding: join(compiled, 'tfjs_binding.node'),
  };
}

/** Whether both halves are in place. */
export function isInstalled({ tensorflow, compiled }: EngineFiles): boolean {
  return existsSync(tensorflow) && existsSync(compiled);
}

/**
 * The engine that this machine would use, where one is installed: CUDA's on a machine with an NVIDIA driver, and the
 * widest vectors that the processor has, since machines may share a cache.
 */
export function installedEngine(cache = cacheDirectory()): EngineFiles | undefined {
  const order: readonly Accelerator[] = existsSync('/proc/driver/nvidia/version') ? ['cuda', 'cpu'] : ['cpu'];
  return order
    .flatMap((accelerator) => instructionSets().map((set) => engineFiles(accelerator, cache, set)))
    .find(isInstalled);
}
