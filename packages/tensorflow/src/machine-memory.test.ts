import { machineMemory } from './machine-memory.js';

const meminfo = 'MemTotal:       1000 kB\nMemFree:        100 kB\nMemAvailable:   600 kB\nSwapFree:       50 kB\n';
const files = (others: Readonly<Record<string, string>>) => (path: string) =>
  ({ '/proc/meminfo': meminfo, ...others })[path];

test('what the kernel calls available, and swap', () => {
  expect(machineMemory(files({}))).toEqual({ total: 1024_000, free: 614_400, swap: 51_200, known: true });
});

test('a control group of version 2 limits it, its caches are free', () => {
  const read = files({
    '/proc/self/cgroup': '0::/a/b\n',
    '/sys/fs/cgroup/a/memory.max': '500000\n',
    '/sys/fs/cgroup/a/memory.current': '400000\n',
    '/sys/fs/cgroup/a/memory.stat': 'anon 9\ninactive_file 50000\nactive_file 20000\nslab_reclaimable 1000\n',
    '/sys/fs/cgroup/a/b/memory.max': 'max\n',
    '/sys/fs/cgroup/a/b/memory.current': '300000\n',
  });
  expect(machineMemory(read)).toMatchObject({ total: 500_000, free: 500_000 - 400_000 + 71_000 });
});

test('version 1; a group without a limit limits nothing', () => {
  const group = (limit: string) =>
    files({
      '/proc/self/cgroup': '5:cpu:/\n4:cpu,memory:/x\n0::/\n',
      '/sys/fs/cgroup/memory/memory.limit_in_bytes': limit,
      '/sys/fs/cgroup/memory/memory.usage_in_bytes': '90000',
      '/sys/fs/cgroup/memory/memory.stat': 'inactive_file 7\ntotal_inactive_file 10000\ntotal_active_file 500\n',
    });
  expect(machineMemory(group('100000'))).toMatchObject({ total: 100_000, free: 20_500 });
  expect(machineMemory(group('9223372036854771712'))).toMatchObject({ total: 1024_000, free: 614_400 });
});

test('a group that is over its limit leaves nothing', () => {
  const read = files({
    '/proc/self/cgroup': '0::/\n',
    '/sys/fs/cgroup/memory.max': '1000',
    '/sys/fs/cgroup/memory.current': '2000',
  });
  expect(machineMemory(read).free).toBe(0);
});

test('elsewhere it is a hint', () => {
  const { known, total, free, swap } = machineMemory(() => undefined);
  expect([known, swap]).toEqual([false, 0]);
  expect(free).toBeGreaterThan(0);
  expect(total).toBeGreaterThanOrEqual(free);
});
