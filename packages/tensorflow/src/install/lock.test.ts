import { mkdtempSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { withLock } from './lock.js';

const fresh = () => join(mkdtempSync(join(tmpdir(), 'perfit-lock-')), 'install.lock');
const token = (pid: number, host = hostname()) => JSON.stringify({ pid, host, id: 'x' });
/** Above Linux's largest process id. */
const GONE = 2 ** 22 + 1;

test('only one of many holds it at a time, and nothing is left behind', async () => {
  const path = fresh();
  let inside = 0;
  const order: number[] = [];
  const work = (index: number) =>
    withLock(
      path,
      async () => {
        expect(++inside).toBe(1);
        await sleep(5);
        inside--;
        order.push(index);
      },
      { pollMs: 1 },
    );
  await Promise.all([0, 1, 2, 3, 4].map(work));
  expect(order.toSorted()).toEqual([0, 1, 2, 3, 4]);
  expect(readdirSync(join(path, '..'))).toEqual([]);
});

test('is given back when the work fails', async () => {
  const path = fresh();
  await expect(withLock(path, () => Promise.reject(new Error('boom')))).rejects.toThrow('boom');
  await expect(withLock(path, async () => 'again')).resolves.toBe('again');
});

test('a lock whose process is gone is taken over', async () => {
  const path = fresh();
  writeFileSync(path, token(GONE));
  await expect(withLock(path, async () => readFileSync(path, 'utf8'))).resolves.toContain(`"pid":${process.pid}`);
});

test('another host’s lock is taken over only when it has been silent', async () => {
  const path = fresh();
  writeFileSync(path, token(GONE, 'elsewhere'));
  const waited: string[] = [];
  const busy = withLock(path, async () => 0, { waitMs: 20, pollMs: 5, onWait: (holder) => waited.push(holder) });
  await expect(busy).rejects.toMatchObject({ code: 'tensorflow/install-busy' });
  expect(waited).toEqual([token(GONE, 'elsewhere')]);
  const old = new Date(Date.now() - 60_000);
  utimesSync(path, old, old);
  await expect(withLock(path, async () => 'mine')).resolves.toBe('mine');
});
