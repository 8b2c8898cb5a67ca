import { readFileSync } from 'node:fs';
import { freemem, totalmem } from 'node:os';
import { dirname, join } from 'node:path';

/** Memory of the machine, or of the control group that this process may use of it, in bytes. */
export interface MachineMemory {
  readonly total: number;
  /** What can be had without taking it from another process: file caches count as free. */
  readonly free: number;
  /** Free swap: slow, but a process that needs it runs. */
  readonly swap: number;
  /** Whether `free` is meant as said; elsewhere than on Linux systems count differently, and it is a hint. */
  readonly known: boolean;
}

/** A file's text; undefined where there is none. */
type ReadText = (path: string) => string | undefined;

const readText: ReadText = (path) => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
};

/** Memory that is free now. `read` stands in for the files of `/proc` and `/sys/fs/cgroup`. */
export function machineMemory(read: ReadText = readText): MachineMemory {
  const info = read('/proc/meminfo');
  const kilobytes = (key: string) =>
    Number(new RegExp(`^${key}:\\s+(\\d+) kB$`, 'm').exec(info ?? '')?.[1] ?? Number.NaN);
  const [total, free, swap] = ['MemTotal', 'MemAvailable', 'SwapFree'].map((key) => kilobytes(key) * 1024);
  if (!(total! > 0 && free! >= 0)) return { total: totalmem(), free: freemem(), swap: 0, known: false };
  const groups = controlGroups(read);
  return {
    total: Math.min(total!, ...groups.map(({ limit }) => limit)),
    free: Math.max(0, Math.min(free!, ...groups.map(({ limit, used }) => limit - used))),
    swap: swap || 0,
    known: true,
  };
}

/** Every control group above this process that limits its memory; caches that the kernel can drop are not `used`. */
function controlGroups(read: ReadText): readonly { readonly limit: number; readonly used: number }[] {
  const lines = (read('/proc/self/cgroup') ?? '').trim().split('\n');
  return lines.flatMap((line) => {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (path === undefined) return [];
    if (controllers === '')
      return ancestors(path).flatMap((at) => groupAt(read, join('/sys/fs/cgroup', at), VERSION_2));
    if (!controllers!.split(',').includes('memory')) return [];
    return ancestors(path).flatMap((at) => groupAt(read, join('/sys/fs/cgroup/memory', at), VERSION_1));
  });
}

const VERSION_1 = {
  limit: 'memory.limit_in_bytes',
  used: 'memory.usage_in_bytes',
  cached: /^total_(?:in)?active_file /,
};
const VERSION_2 = { limit: 'memory.max', used: 'memory.current', cached: /^(?:(?:in)?active_file|slab_reclaimable) / };

function groupAt(read: ReadText, directory: string, names: typeof VERSION_1) {
  const number = (file: string) => Number.parseInt(read(join(directory, file)) ?? '', 10);
  const limit = number(names.limit);
  const used = number(names.used);
  if (!(limit > 0 && used >= 0)) return [];
  const statistics = (read(join(directory, 'memory.stat')) ?? '').split('\n').filter((line) => names.cached.test(line));
  const cached = statistics.reduce((sum, line) => sum + Number(line.split(' ')[1]), 0);
  return [{ limit, used: Math.max(0, used - cached) }];
}

/** A path and all above it, up to the root; in a container the root is the only one that is there. */
function ancestors(path: string): readonly string[] {
  return path === '/' || path === '.' ? ['/'] : [path, ...ancestors(dirname(path))];
}
