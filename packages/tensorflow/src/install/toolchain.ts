import { errors } from '../errors.js';
import { run } from './command.js';

/** A program that was found. */
export interface Tool {
  readonly path: string;
  /** As the program itself says it. */
  readonly version: string;
}

const present = (names: readonly (string | undefined)[]) => names.filter((name): name is string => !!name);

async function firstThatAnswers(candidates: readonly string[], args: readonly string[]): Promise<Tool | undefined> {
  for (const path of candidates) {
    const { status, stdout } = await run(path, args);
    if (status === 0) return { path, version: stdout.trim().split('\n')[0] };
  }
  return undefined;
}

/** Python 3 with pip: `$PERFIT_PYTHON`, else the first of the usual names. */
export function findPython(): Promise<Tool | undefined> {
  const candidates = present([process.env.PERFIT_PYTHON, 'python3', 'python']);
  const script =
    'import sys, pip; assert sys.version_info >= (3, 7); print(sys.version.split()[0], "pip", pip.__version__)';
  return firstThatAnswers(candidates, ['-c', script]);
}

/** A C++ compiler: `$CXX`, else the first of the usual names. */
export function findCompiler(): Promise<Tool | undefined> {
  return firstThatAnswers(present([process.env.CXX, 'g++', 'clang++', 'c++']), ['--version']);
}

/** Names of the NVIDIA GPUs that the driver reports. */
export async function findGpus(): Promise<readonly string[]> {
  const { status, stdout } = await run('nvidia-smi', ['--query-gpu=name', '--format=csv,noheader']);
  return status === 0 ? stdout.trim().split('\n').filter(Boolean) : [];
}

/** Cures of the two lacks that stop an installation. */
export const CURES = {
  python: 'Install Python 3 with pip (Debian, Ubuntu: apt install python3-pip), or name one in PERFIT_PYTHON',
  compiler: 'Install g++ (Debian, Ubuntu: apt install g++), or name a C++17 compiler in CXX',
} as const;

/** Python and the compiler, or the error that names what lacks. */
export async function requireTools(): Promise<{ readonly python: Tool; readonly compiler: Tool }> {
  const [python, compiler] = await Promise.all([findPython(), findCompiler()]);
  if (!python)
    throw errors.make('no-python', { what: 'no Python 3 with pip was found on the PATH', cure: CURES.python });
  if (!compiler)
    throw errors.make('no-compiler', { what: 'no C++ compiler was found on the PATH', cure: CURES.compiler });
  return { python, compiler };
}
