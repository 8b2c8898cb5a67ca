import { existsSync, readFileSync } from 'node:fs';

/** What this process is asked to do. */
export const job = JSON.parse(process.argv[2]);

/** Runs something synchronous; wall and processor milliseconds, the latter over all threads. */
export function timed(work) {
  const [begin, cpu] = [performance.now(), process.cpuUsage()];
  const result = work();
  const { user, system } = process.cpuUsage(cpu);
  return { result, milliseconds: performance.now() - begin, cpuMilliseconds: (user + system) / 1000 };
}

/**
 * Peak resident memory in bytes. Where the kernel tells it of the address space, not of the process: the latter counts
 * what the parent held when it forked.
 */
export function peakBytes() {
  const status = existsSync('/proc/self/status') ? readFileSync('/proc/self/status', 'utf8') : '';
  const kilobytes = /^VmHWM:\s*(\d+)/m.exec(status)?.[1] ?? process.resourceUsage().maxRSS;
  return Number(kilobytes) * 1024;
}

/** Prints this process's result. */
export function finish(output, engine) {
  const { kind, version } = engine?.description ?? {};
  const versions = engine ? { engine: kind, [kind === 'native' ? 'tensorflow' : 'tfjs']: version } : {};
  process.stdout.write(`${JSON.stringify({ ...output, peakBytes: peakBytes(), versions })}\n`);
}
