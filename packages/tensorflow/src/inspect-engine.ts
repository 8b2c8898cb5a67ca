import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { cacheDirectory, type EngineFiles, installedEngine } from './cache.js';
import { type Cpu, hasFastBf16, readCpu } from './cpu.js';
import { TENSORFLOW_VERSION } from './engine-sources.js';
import { wheelsFor } from './install/preconditions.js';
import { CURES, findCompiler, findGpus, findPython, type Tool } from './install/toolchain.js';
import { verify } from './install/verify.js';
import { machineMemory } from './machine-memory.js';

/** What `createEngine` would open here, and what stands in the way of a better one. */
export interface EngineReport {
  readonly engine: {
    readonly kind: 'native' | 'wasm';
    /** One sentence: why this one. */
    readonly why: string;
    /** TensorFlow's version; null for WebAssembly. */
    readonly tensorflow: string | null;
    readonly device: 'CPU' | 'GPU';
    readonly threads: number;
  };
  readonly node: string;
  /** `linux-x64` */
  readonly platform: string;
  readonly cpu: Cpu;
  /** Names of the NVIDIA GPUs. */
  readonly gpus: readonly string[];
  /** In bytes: of the machine, or of the control group that this process may use of it. */
  readonly memory: { readonly total: number; readonly free: number };
  /** What an installation needs; null where none was found. */
  readonly tools: { readonly python: Tool | null; readonly compiler: Tool | null };
  readonly cache: { readonly path: string; readonly bytes: number };
  /** What is missing, worst first, and what to do about it. */
  readonly lacks: readonly { readonly lack: string; readonly cure: string }[];
}

/** Looks at the machine; an installed engine is tried in a process of its own. Changes nothing. */
export async function inspectEngine(cache = cacheDirectory()): Promise<EngineReport> {
  const installed = installedEngine(cache);
  const [trial, python, compiler, gpus] = await Promise.all([
    installed && attempt(installed),
    findPython(),
    findCompiler(),
    findGpus(),
  ]);
  const cpu = readCpu();
  const { total, free } = machineMemory();
  const refusal = supported();
  const native = trial && !('failure' in trial) ? trial : undefined;

  const lacks: { lack: string; cure: string }[] = [];
  if (trial && 'failure' in trial)
    lacks.push({ lack: trial.failure, cure: 'Install it again with `perfit doctor --fix`' });
  if (!installed && refusal) lacks.push({ lack: refusal, cure: 'The WebAssembly engine is used; models train slowly' });
  if (!native && !refusal) {
    if (!installed)
      lacks.push({ lack: 'the native engine is not installed', cure: 'Install it with `perfit doctor --fix`' });
    if (!python) lacks.push({ lack: 'no Python 3 with pip', cure: CURES.python });
    if (!compiler) lacks.push({ lack: 'no C++ compiler', cure: CURES.compiler });
  }
  if (native && gpus.length > 0 && !native.gpu)
    lacks.push({
      lack: `${gpus[0]} is present and not used`,
      cure: 'Install the engine again with `perfit doctor --fix`',
    });
  if (!hasFastBf16(cpu) && gpus.length === 0)
    lacks.push({ lack: 'this processor has no bf16 instructions', cure: 'Use f32; bf16 saves memory and costs time' });

  return {
    engine: {
      kind: native ? 'native' : 'wasm',
      why: native
        ? `the native engine is installed in ${installed!.compiled} and computes`
        : (lacks[0]?.lack ?? 'the native engine is not installed'),
      tensorflow: native?.version ?? null,
      device: native?.gpu ? 'GPU' : 'CPU',
      threads: native ? availableParallelism() : 1,
    },
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    cpu,
    gpus,
    memory: { total, free },
    tools: { python: python ?? null, compiler: compiler ?? null },
    cache: { path: cache, bytes: bytesUnder(cache) },
    lacks,
  };
}

async function attempt(engine: EngineFiles): Promise<{ version: string; gpu: boolean } | { failure: string }> {
  try {
    return await verify(engine);
  } catch (error) {
    return { failure: (error as Error).message };
  }
}

/** Why TensorFlow's libraries do not exist for this platform; undefined where they do. */
function supported(): string | undefined {
  try {
    wheelsFor('cpu');
    return undefined;
  } catch (error) {
    return `TensorFlow ${TENSORFLOW_VERSION} cannot run here: ${(error as Error).message}`;
  }
}

function bytesUnder(directory: string): number {
  if (!existsSync(directory)) return 0;
  return readdirSync(directory, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + lstatSync(join(entry.parentPath, entry.name)).size, 0);
}
