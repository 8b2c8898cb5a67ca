import { join } from 'node:path';
import type { EngineFiles } from '../cache.js';
import { instructionSets } from '../cpu.js';
import { KERNEL_SOURCES, nativeSource } from '../engine-sources.js';
import { errors } from '../errors.js';
import { nodeHeaders } from './binding-sources.js';
import { run, tail } from './command.js';
import type { Tool } from './toolchain.js';

/** Each instruction set's own flags. */
const VECTOR_FLAGS = {
  avx512bf16: ['-mavx512f', '-mavx512bf16', '-mfma'],
  avx512: ['-mavx512f', '-mfma'],
  avx2: ['-mavx2', '-mfma'],
  baseline: [],
} as const;

/**
 * Compiles our loader, our kernels for this processor, and tfjs's binding against TensorFlow's libraries. No path of them is compiled in: the loader
 * has loaded them by the time that the binding asks for them by name.
 *
 * @throws `tensorflow/compile-failed`
 */
export async function compile(compiler: Tool, engine: EngineFiles, tfjsPackage: string): Promise<void> {
  const tensorflow = join(engine.tensorflow, 'tensorflow');
  const libraries = [`-L${tensorflow}`, '-l:libtensorflow_cc.so.2', '-l:libtensorflow_framework.so.2'];
  const shared = ['-std=c++17', '-O2', '-shared', '-fPIC', '-DNAPI_VERSION=8', `-I${nodeHeaders()}`];
  const jobs = [
    [...shared, nativeSource('loader.cc'), '-o', engine.loader, '-ldl'],
    [
      ...shared,
      ...[`-I${join(tensorflow, 'include')}`, `-I${tfjsPackage}`],
      ...['tfjs_backend.cc', 'tfjs_binding.cc'].map((name) => join(tfjsPackage, 'binding', name)),
      ...['-o', engine.binding, ...libraries],
    ],
    [
      ...['-std=c++17', '-O3', '-shared', '-fPIC', '-pthread', '-Wno-psabi', ...VECTOR_FLAGS[instructionSets()[0]]],
      // What vectorising needs, and no more: NaN and infinity stay what they are.
      ...['-ffp-contract=fast', '-fno-math-errno', '-fno-trapping-math', `-I${join(tensorflow, 'include')}`],
      ...KERNEL_SOURCES.filter((name) => name.endsWith('.cc')).map(nativeSource),
      ...['-o', engine.kernels, ...libraries],
    ],
  ];
  const outcomes = await Promise.all(jobs.map((args) => run(compiler.path, args)));
  const failed = outcomes.find(({ status }) => status !== 0);
  if (failed)
    throw errors.make('compile-failed', {
      what: `${compiler.path} (${compiler.version}) refused our sources: ${tail(failed.output)}`,
      cure: 'Use g++ 10 or clang++ 12 or newer, named in CXX',
    });
}

/** Drops what only debuggers read: about 200 MB. Without `strip` the libraries stay as they are. */
export async function strip(engine: EngineFiles): Promise<void> {
  await Promise.all(engine.libraries.map((library) => run('strip', ['--strip-unneeded', library])));
}
