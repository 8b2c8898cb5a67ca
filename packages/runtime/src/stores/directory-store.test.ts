import { existsSync, mkdirSync, mkdtempSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { architectureFrom, fullArchitecture } from '@perfit/lora';
import type { Checkpoint } from '../contract.js';
import { directoryStore } from './directory-store.js';

const fresh = () => join(mkdtempSync(join(tmpdir(), 'perfit-store-')), 'state');
const architecture = architectureFrom(12, [0, 3, 11]);
const values = Float32Array.from([1 / 3, 0, 0, -2e-38, 0, 0, 0, 0, 0, 0, 0, 7]);
const line = {
  id: 'clinic/7 ä',
  afterDistribution: { lossSum: 1 / 3, tokens: 3 },
  afterLocal: null,
  global: null,
  live: 3,
  shared: 0,
  exclusive: 3,
  bytesUp: 1,
  bytesDown: 2,
  flops: 3,
};
const checkpoint = (round: number): Checkpoint => ({
  round,
  server: { global: values, counts: Uint32Array.of(1, 2 ** 32 - 1), sums: Float64Array.of(Math.PI) },
  drafts: [{ round, clients: [line] }],
  evidence: { afterLocal: {}, afterDistribution: { b: { differences: [0.1 + round], variances: [1 / 3] } } },
});

describe('directoryStore', () => {
  it('restores a whole round bit for bit in another process', () => {
    const directory = fresh();
    const store = directoryStore(directory);
    const personal = { values: Float32Array.from(values, (value) => 2 * value), architecture: fullArchitecture(12) };
    store.write(line.id, {
      state: { shared: { values, architecture }, personal },
      used: personal.values,
      remembered: { ownControl: values },
      received: { control: values },
      searched: 2,
      registered: true,
    });
    store.checkpoint(checkpoint(1));
    const other = directoryStore(directory);
    expect(other.restore()).toEqual(checkpoint(1));
    expect(other.read(line.id)).toEqual(store.read(line.id));
  });

  it('keeps only the last whole round', () => {
    const directory = fresh();
    const store = directoryStore(directory);
    for (const round of [1, 2, 10]) store.checkpoint(checkpoint(round));
    expect(readdirSync(directory)).toEqual(['round-10']);
    expect(directoryStore(directory).restore()!.round).toBe(10);
  });

  it('ignores what a kill left half written', () => {
    const directory = fresh();
    const store = directoryStore(directory);
    store.checkpoint(checkpoint(1));
    mkdirSync(join(directory, 'round-2.partial'));
    writeFileSync(join(directory, 'round-2.partial', 'round.json'), '{');
    expect(directoryStore(directory).restore()!.round).toBe(1);
    store.checkpoint(checkpoint(2));
    expect(existsSync(join(directory, 'round-2.partial'))).toBe(false);
  });

  it('has nothing to restore where nothing was saved', () => {
    expect(directoryStore(fresh()).restore()).toBeUndefined();
  });

  it('refuses a damaged round with its path', () => {
    const directory = fresh();
    directoryStore(directory).checkpoint(checkpoint(1));
    writeFileSync(join(directory, 'round-1', 'server.safetensors'), 'x');
    expect(() => directoryStore(directory).restore()).toThrow(
      expect.objectContaining({ code: 'runtime/broken-state', message: expect.stringContaining('round-1') }),
    );
  });

  const record = (value: number) => ({
    state: { shared: { values: values.map(() => value), architecture } },
    remembered: {},
    received: {},
    searched: 0,
    registered: true,
  });

  it('holds eight clients in memory, however many there are', () => {
    const store = directoryStore(fresh());
    for (let i = 0; i < 30; i++) {
      store.write(`client ${i}`, record(i));
      store.registry.set(`client ${i}`, architecture);
      expect(store.held()).toEqual({ records: Math.min(8, i + 1), architectures: Math.min(8, i + 1) });
    }
    store.checkpoint(checkpoint(1));
    for (let i = 0; i < 30; i++) expect(store.read(`client ${i}`)).toEqual(record(i));
    expect(store.held()).toEqual({ records: 8, architectures: 8 });
  });

  it('a whole round shares the files of clients that did not change, and is not touched by what follows', () => {
    const directory = fresh();
    const store = directoryStore(directory);
    const fileOf = (round: number, i: number) =>
      join(directory, `round-${round}`, 'clients', `client%20${i}.safetensors`);
    for (let i = 0; i < 20; i++) store.write(`client ${i}`, record(i));
    store.checkpoint(checkpoint(1));
    const before = [0, 19].map((i) => statSync(fileOf(1, i)).ino);
    store.write('client 19', record(-1));
    for (let i = 0; i < 18; i++) store.read(`client ${i}`);
    // It has left the memory, and lies beside the whole round.
    expect(readdirSync(join(directory, 'under-way', 'clients'))).toEqual(['client%2019.safetensors']);
    store.checkpoint(checkpoint(2));
    const after = [0, 19].map((i) => statSync(fileOf(2, i)).ino);
    expect(after[0]).toBe(before[0]);
    expect(after[1]).not.toBe(before[1]);
    expect(readdirSync(directory)).toEqual(['round-2']);
  });

  it('forgets what a round that was killed had written', () => {
    const directory = fresh();
    const store = directoryStore(directory);
    for (let i = 0; i < 20; i++) store.write(`client ${i}`, record(i));
    store.checkpoint(checkpoint(1));
    for (let i = 0; i < 25; i++) store.write(`client ${i}`, record(100 + i));
    expect(readdirSync(join(directory, 'under-way', 'clients')).length).toBe(17);
    const resumed = directoryStore(directory);
    expect(resumed.restore()!.round).toBe(1);
    for (let i = 0; i < 20; i++) expect(resumed.read(`client ${i}`)).toEqual(record(i));
    for (let i = 20; i < 25; i++) expect(resumed.read(`client ${i}`)).toBeUndefined();
    expect(readdirSync(directory)).toEqual(['round-1']);
  });

  it('leaves only whole rounds behind', () => {
    const directory = fresh();
    const store = directoryStore(directory);
    store.checkpoint(checkpoint(1));
    for (let i = 0; i < 10; i++) store.write(`client ${i}`, record(i));
    store.abandon();
    expect(readdirSync(directory)).toEqual(['round-1']);
  });

  it('names the file of a client that cannot be read', () => {
    const directory = fresh();
    const store = directoryStore(directory);
    store.write('a', record(1));
    store.checkpoint(checkpoint(1));
    writeFileSync(join(directory, 'round-1', 'clients', 'a.safetensors'), 'x');
    const resumed = directoryStore(directory);
    resumed.restore();
    expect(() => resumed.read('a')).toThrow(
      expect.objectContaining({ code: 'runtime/broken-state', message: expect.stringContaining('a.safetensors') }),
    );
  });
});
