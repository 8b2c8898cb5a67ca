import { createEngine } from './create-engine.js';

test('multiplies, casts, disposes', async () => {
  const e = await createEngine({ prefer: 'native' });
  const a = e.upload(Float32Array.of(1, 2, 3, 4), [2, 2]);
  const b = e.upload(Uint16Array.of(0x3f80, 0x4000), [2, 1]);
  const w = e.cast(b, 'f32');
  const y = e.matmul(a, w);
  expect([...e.download(b)]).toEqual([1, 2]);
  expect([...e.download(y)]).toEqual([5, 11]);
  expect(y.shape).toEqual([2, 1]);
  expect(e.live()).toBe(4);
  e.dispose(a, b, w, y, undefined);
  expect(e.live()).toBe(0);
  expect(() => e.dispose(a)).toThrow('tensorflow');
});
