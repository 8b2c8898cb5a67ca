// Runs of the command line in processes of their own, several at a time, each on its part of the cores: a small model's
// operations are too small to share.
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';

const bin = fileURLToPath(new URL('../packages/cli/bin/perfit.js', import.meta.url));

/** Ends this process with what a child ended with, unless that was 0. */
function orEnd(status) {
  if (status !== 0) process.exit(status ?? 1);
}

/** `perfit ARGS --json`; its result. */
export async function perfit(args, { jobs = 1 } = {}) {
  const threads = String(Math.max(1, Math.floor(availableParallelism() / jobs)));
  const child = spawn(process.execPath, [bin, '--threads', threads, ...args, '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const parts = [];
  child.stdout.on('data', (part) => parts.push(part));
  // Where another of them fails, this process ends; a run stops at a whole round and can be gone on with.
  const stop = () => child.kill();
  process.once('exit', stop);
  const status = await new Promise((resolve) => child.once('close', resolve));
  process.off('exit', stop);
  orEnd(status);
  return JSON.parse(Buffer.concat(parts).toString('utf8'));
}

/** Results of `act` on every item, in order; at most `jobs` at a time. */
export async function together(items, jobs, act) {
  const results = new Array(items.length);
  const waiting = [...items.entries()];
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) results[next[0]] = await act(next[1]);
  };
  await Promise.all(Array.from({ length: jobs }, work));
  return results;
}
