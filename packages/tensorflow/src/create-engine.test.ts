import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installedEngine } from './cache.js';
import { createEngine } from './create-engine.js';
import { loadBinding } from './native-binding.js';
import { describeNative } from './testing.js';

describe('without the native engine', () => {
  beforeEach(() => {
    process.env.PERFIT_CACHE = mkdtempSync(join(tmpdir(), 'perfit-empty-'));
  });
  afterEach(() => {
    delete process.env.PERFIT_CACHE;
  });

  test('auto falls back to WebAssembly and says so', async () => {
    const notices: string[] = [];
    const engine = await createEngine({ onNotice: (notice) => notices.push(notice) });
    expect(engine.description).toMatchObject({ kind: 'wasm', threads: 1, device: 'CPU' });
    expect(notices).toEqual([expect.stringContaining('perfit doctor --fix')]);
  });

  test('asking for the native one is refused with the cure', async () => {
    await expect(createEngine({ prefer: 'native' })).rejects.toMatchObject({
      code: 'tensorflow/not-installed',
      message: expect.stringContaining('perfit doctor --fix'),
    });
  });
});

test('asking for WebAssembly gives it without a notice', async () => {
  const onNotice = jest.fn();
  const engine = await createEngine({ prefer: 'wasm', onNotice });
  expect(engine.description.kind).toBe('wasm');
  expect(onNotice).not.toHaveBeenCalled();
});

describeNative('the native engine', () => {
  test('describes itself, and holds no raw tensor beyond its constants', async () => {
    const engine = await createEngine({ prefer: 'native', threads: 2 });
    expect(engine.description).toMatchObject({ kind: 'native', version: expect.stringMatching(/^2\./) });
    const { binding } = loadBinding(installedEngine()!);
    const round = () => {
      const x = engine.upload(Uint16Array.of(0x3f80, 0x4000, 0x3f80, 0x4000), [2, 2]);
      const y = engine.square(engine.scalar(1, 'bf16'));
      const indices = engine.upload(Int32Array.of(0, 1), [2]);
      const rows = engine.scatterAdd(indices, x, 3);
      const parts = engine.split(rows, [1, 1], 1);
      engine.download(parts[1]);
      engine.dispose(x, y, indices, rows, ...parts);
    };
    round();
    const before = binding.getNumOfTensors();
    for (let i = 0; i < 5; i++) round();
    expect(binding.getNumOfTensors()).toBe(before);
  });
});
