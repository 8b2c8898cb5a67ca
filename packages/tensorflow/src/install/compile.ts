import { join } from 'node:path';
import type { EngineFiles } from '../cache.js';
import { nativeSource } from '../engine-sources.js';
import { errors } from '../errors.js';
import { nodeHeaders } from './binding-sources.js';
import { run, tail } from './command.js';
import type { Tool } from './toolchain.js';

/**
 * Compiles our loader, and tfjs's binding against TensorFlow's libraries. No path of them is compiled in: the loader
 * has loaded them by the time that the binding asks for them by name.
 *
 * @throws `tensorflow/compile-failed`
 */
export async function compile(compiler: Tool, engine: EngineFiles, tfjsPackage: string): Promise<void> {
  const tensorflow = join(engine.tensorflow, 'tensorflow');
  const shared = ['-std=c++17', '-O2', '-shared', '-fPIC', '-DNAPI_VERSION=8', `-I${nodeHeaders()}`];
  const jobs = [
    [...shared, nativeSource('loader.cc'), '-o', engine.loader, '-ldl'],
    [
      ...shared,
      ...[`-I${join(tensorflow, 'include')}`, `-I${tfjsPackage}`],
      ...['tfjs_backend.cc', 'tfjs_binding.cc'].map((name) => join(tfjsPackage, 'binding', name)),
      ...['-o', engine.binding, `-L${tensorflow}`, '-l:libtensorflow_cc.so.2', '-l:libtensorflow_framework.so.2'],
    ],
  ];
  for (const args of jobs) {
    const { status, output } = await run(compiler.path, args);
    if (status !== 0)
      throw errors.make('compile-failed', {
        what: `${compiler.path} (${compiler.version}) refused the binding: ${tail(output)}`,
        cure: 'Use g++ 9 or clang++ 10 or newer, named in CXX',
      });
  }
}

/** Drops what only debuggers read: about 200 MB. Without `strip` the libraries stay as they are. */
export async function strip(engine: EngineFiles): Promise<void> {
  await Promise.all(engine.libraries.map((library) => run('strip', ['--strip-unneeded', library])));
}
