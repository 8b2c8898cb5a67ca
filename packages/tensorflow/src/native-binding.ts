import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import type { EngineFiles } from './cache.js';
import { errors } from './errors.js';

/** An attribute of a TensorFlow operation, as the binding takes it. */
export interface OpAttribute {
  readonly name: string;
  readonly type: number;
  readonly value: unknown;
}

/** The part of tfjs-node-gpu's C++ binding that the engine uses: TensorFlow's eager C API by tensor id. */
export interface TensorFlowBinding {
  /** Shares the array's memory with TensorFlow where it is aligned, so the array must not change afterwards. */
  readonly createTensor: (shape: readonly number[], dtype: number, values: ArrayBufferView) => number;
  readonly deleteTensor: (id: number) => void;
  /** Copies out; f32 and i32 only of the dtypes that the engine knows. */
  readonly tensorDataSync: (id: number) => Float32Array | Int32Array;
  readonly executeOp: (
    name: string,
    attributes: readonly OpAttribute[],
    inputs: readonly number[],
    outputs: number,
  ) => readonly { readonly id: number; readonly shape: readonly number[]; readonly dtype: number }[];
  readonly getNumOfTensors: () => number;
  readonly isUsingGpuDevice: () => boolean;
  readonly TF_Version: string;
  readonly TF_ATTR_INT: number;
  readonly TF_ATTR_FLOAT: number;
  readonly TF_ATTR_BOOL: number;
  readonly TF_ATTR_TYPE: number;
}

interface Loader {
  readonly open: (options: {
    readonly environment: Readonly<Record<string, string>>;
    readonly libraries: readonly string[];
  }) => Readonly<Record<string, string>>;
}

/** What TensorFlow reads from the environment, once, while it loads. What the user has set stays. */
function settings(threads: number): Readonly<Record<string, string>> {
  return {
    // TensorFlow leaves oneDNN off on CPUs without AVX-512; measured faster there too (docs/log.md).
    TF_ENABLE_ONEDNN_OPTS: '1',
    TF_DETERMINISTIC_OPS: '1',
    TF_CPP_MIN_LOG_LEVEL: '3',
    OMP_NUM_THREADS: String(threads),
    TF_NUM_INTRAOP_THREADS: String(threads),
    TF_NUM_INTEROP_THREADS: String(threads),
  };
}

/**
 * Loads an installed engine into this process; a second time gives the same TensorFlow with its first threads.
 *
 * @throws `tensorflow/load-failed`
 */
export function loadBinding(
  engine: EngineFiles,
  threads = availableParallelism(),
): { readonly binding: TensorFlowBinding; readonly threads: number } {
  const require = createRequire(engine.loader);
  try {
    const loader = require(engine.loader) as Loader;
    const libraries = [...engine.libraries, engine.kernels];
    const inForce = loader.open({ environment: settings(threads), libraries });
    const binding = require(engine.binding) as TensorFlowBinding;
    return {
      binding,
      threads: Number(inForce.TF_NUM_INTRAOP_THREADS),
    };
  } catch (cause) {
    throw errors.make('load-failed', {
      what: `the native engine in ${engine.compiled} does not load: ${(cause as Error).message}`,
      cure: 'Install it again (`perfit doctor --fix`), or use the WebAssembly engine',
      cause,
    });
  }
}
