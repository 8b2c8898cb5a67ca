import { randomUUID } from 'node:crypto';
import { readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { errors } from '../errors.js';

const BEAT_MS = 2_000;
const STALE_MS = 30_000;

/** How long to wait for another process, and how often to look. */
export interface LockOptions {
  readonly waitMs?: number;
  readonly pollMs?: number;
  /** Called once if another process holds the lock. */
  readonly onWait?: (holder: string) => void;
}

/**
 * Runs work while holding a lock file. The holder touches the file every two seconds; one that is silent for thirty,
 * or whose process is gone from this host, is stale and is taken over. The lock only spares double work: what is
 * published is renamed into place whole, so that two holders could do no harm.
 *
 * @throws `tensorflow/install-busy`
 */
export async function withLock<T>(path: string, work: () => Promise<T>, options: LockOptions = {}): Promise<T> {
  const { waitMs = 3_600_000, pollMs = 500, onWait } = options;
  const token = JSON.stringify({ pid: process.pid, host: hostname(), id: randomUUID() });
  const until = Date.now() + waitMs;
  let told = false;
  while (!take(path, token)) {
    const holder = read(path);
    if (holder === undefined) continue;
    if (isStale(path, holder)) {
      discard(path, holder);
      continue;
    }
    if (!told) onWait?.(holder);
    told = true;
    if (Date.now() > until)
      throw errors.make('install-busy', {
        what: `${path} has been held by ${holder} for ${Math.round(waitMs / 1000)} s`,
        cure: 'Wait for that process, or end it and delete the file',
      });
    await sleep(pollMs);
  }
  const beat = setInterval(() => {
    if (read(path) === token) utimesSync(path, new Date(), new Date());
  }, BEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    if (read(path) === token) rmSync(path, { force: true });
  }
}

function take(path: string, token: string): boolean {
  try {
    writeFileSync(path, token, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function isStale(path: string, holder: string): boolean {
  const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0);
  if (age > STALE_MS) return true;
  try {
    const { pid, host } = JSON.parse(holder) as { pid: number; host: string };
    return host === hostname() && !isRunning(pid);
  } catch {
    // Written but for its content: young, so its owner is about to write.
    return false;
  }
}

/** Whether a process of this host exists. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Moves a stale lock away, unless somebody else was faster and the file is a new one. */
function discard(path: string, holder: string): void {
  const aside = `${path}.${randomUUID()}`;
  try {
    if (read(path) !== holder) return;
    renameSync(path, aside);
    rmSync(aside, { force: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
