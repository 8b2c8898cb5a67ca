import { createEngine, type Engine } from '@perfit/tensorflow';
import { clipGradient } from './clip.js';

let engine: Engine;
beforeAll(async () => {
  engine = await createEngine({ prefer: 'native', threads: 2 });
});
afterEach(() => expect(engine.live()).toBe(0));

const clipped = (values: readonly number[], clip: number): number[] => {
  const result = clipGradient(engine, engine.upload(Float32Array.from(values), [values.length]), clip);
  const host = [...engine.download(result)];
  engine.dispose(result);
  return host;
};

test('a longer gradient gets the norm that is allowed', () => {
  const [a, b] = clipped([30, 40], 1);
  expect(a).toBeCloseTo(0.6, 6);
  expect(b).toBeCloseTo(0.8, 6);
});

test.each([1e-12, 1e-3, 0.999, 1e12])('scale %p: never past the limit, never longer than it was', (scale) => {
  const [a] = clipped([scale, 0], 1);
  expect(Math.abs(a! - Math.min(1, scale))).toBeLessThan(1e-6 * Math.min(1, scale) + 1e-6 * scale ** 2);
});

test('zeros stay zeros', () => expect(clipped([0, 0, 0], 1)).toEqual([0, 0, 0]));
