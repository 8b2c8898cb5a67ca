import { existsSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
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
  registry: new Map([[line.id, architecture]]),
  drafts: [{ round, clients: [line] }],
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
});
