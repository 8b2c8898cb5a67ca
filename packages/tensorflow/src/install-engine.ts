import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type Accelerator, cacheDirectory, type EngineFiles, engineFiles, filesIn, isInstalled } from './cache.js';
import { BINDING_PACKAGE } from './engine-sources.js';
import { bindingSources } from './install/binding-sources.js';
import { compile, strip } from './install/compile.js';
import { withLock } from './install/lock.js';
import { makeDirectory, requireSpace, wheelsFor } from './install/preconditions.js';
import type { OnProgress } from './install/progress.js';
import { findGpus, requireTools, type Tool } from './install/toolchain.js';
import { verify } from './install/verify.js';
import { downloadWheel, installExtra, unpackWheel } from './install/wheel.js';

/** How to install the native engine. */
export interface InstallOptions {
  readonly onProgress?: OnProgress;
  /** CUDA's TensorFlow instead of the CPU's; default: where an NVIDIA GPU is present. */
  readonly gpu?: boolean;
  /** Default: {@link cacheDirectory}. */
  readonly cache?: string;
}

/** Peak of the wheel, the unpacked libraries and the copy that `strip` makes, in bytes. */
const NEEDED: Readonly<Record<Accelerator, number>> = { cpu: 1.8e9, cuda: 12e9 };

/**
 * Installs the native engine into the user's cache, unless it is there and computes: TensorFlow's two libraries out of
 * its wheel (pip), and, compiled against them, tfjs-node-gpu's C++ binding and our own sources. Each half is built
 * beside its place and renamed, so that an interruption leaves nothing half; a finished wheel or half is kept and
 * not done again. Never runs by itself: somebody calls it (`perfit doctor --fix`).
 *
 * @throws `tensorflow/unsupported-platform`, `no-python`, `no-compiler`, `no-space`, `cache-unwritable`, `no-wheel`,
 * `bad-checksum`, `download-failed`, `compile-failed`, `load-failed`, `install-busy`
 */
export async function installEngine(options: InstallOptions = {}): Promise<EngineFiles> {
  const { onProgress = () => {}, cache = cacheDirectory() } = options;
  const accelerator = (options.gpu ?? (await findGpus()).length > 0) ? 'cuda' : 'cpu';
  const wheels = wheelsFor(accelerator);
  const engine = engineFiles(accelerator, cache);
  for (const half of ['tensorflow', 'engines']) makeDirectory(join(cache, half));
  return withLock(
    join(cache, 'install.lock'),
    async () => {
      if (await computes(engine)) {
        onProgress({ step: 'done', message: `already installed in ${engine.compiled}` });
        return engine;
      }
      onProgress({ step: 'check', message: 'looking for Python, pip and a C++ compiler' });
      const { python, compiler } = await requireTools();
      clean(cache);
      if (!existsSync(engine.tensorflow)) {
        await requireSpace(cache, NEEDED[accelerator]);
        const downloads = join(cache, 'downloads');
        mkdirSync(downloads, { recursive: true });
        const wheel = await downloadWheel(python, wheels, downloads, onProgress);
        await unpack(engine, python, wheel, wheels.extra, onProgress);
        rmSync(downloads, { recursive: true, force: true });
      }
      await build(engine, python, compiler, onProgress);
      onProgress({ step: 'done', message: `installed in ${engine.compiled}` });
      return engine;
    },
    { onWait: (holder) => onProgress({ step: 'wait', message: `waiting for another installation: ${holder}` }) },
  );
}

async function unpack(
  engine: EngineFiles,
  python: Tool,
  wheel: string,
  extra: string | undefined,
  onProgress: OnProgress,
): Promise<void> {
  const beside = filesIn(engine.accelerator, `${engine.tensorflow}.partial`, engine.compiled);
  mkdirSync(beside.tensorflow);
  onProgress({ step: 'unpack', message: `unpacking ${basename(wheel)}` });
  await unpackWheel(python, wheel, beside.tensorflow);
  await strip(beside);
  if (extra !== undefined) {
    onProgress({ step: 'download', message: "downloading CUDA's libraries with pip" });
    await installExtra(python, wheel, extra, beside.tensorflow);
  }
  renameSync(beside.tensorflow, engine.tensorflow);
}

async function build(engine: EngineFiles, python: Tool, compiler: Tool, onProgress: OnProgress): Promise<void> {
  const beside = filesIn(engine.accelerator, engine.tensorflow, `${engine.compiled}.partial`);
  mkdirSync(beside.compiled);
  const sources = await bindingSources(python, beside.compiled, onProgress);
  onProgress({ step: 'compile', message: `compiling the binding with ${compiler.version}` });
  await compile(compiler, beside, sources);
  rmSync(join(beside.compiled, 'package'), { recursive: true, force: true });

  onProgress({ step: 'verify', message: 'loading the engine in a process of its own' });
  const { version } = await verify(beside);
  const record = { tensorflow: version, binding: BINDING_PACKAGE, compiler: compiler.version };
  writeFileSync(join(beside.compiled, 'engine.json'), `${JSON.stringify(record, null, 2)}\n`);
  renameSync(beside.compiled, engine.compiled);
}

/** Whether an engine is there and computes; one that does not is moved out of the way. */
async function computes(engine: EngineFiles): Promise<boolean> {
  if (!isInstalled(engine)) return false;
  try {
    await verify(engine);
    return true;
  } catch {
    for (const half of [engine.compiled, engine.tensorflow]) renameSync(half, `${half}.broken.partial`);
    return false;
  }
}

/** Removes what interrupted installations left; only the holder of the lock does. */
function clean(cache: string): void {
  for (const half of ['tensorflow', 'engines'])
    for (const name of readdirSync(join(cache, half)))
      if (name.endsWith('.partial')) rmSync(join(cache, half, name), { recursive: true, force: true });
}
