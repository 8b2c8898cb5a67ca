/// <reference types="jest" />
import type { Engine, Tensor } from '../contract.js';
import type { Bench } from './compare.js';
import { build, permute, product, roundToBf16, sample, at as valueAt } from './reference.js';

const refused = (code: string) => expect.objectContaining({ code: `tensorflow/${code}` });

/** Memory, casts, views, moving rows. */
export function memorySuite(at: () => Bench): void {
  test('what goes in comes out, and a copy was made', () => {
    const { engine } = at();
    const values = Float32Array.of(1.5, Number.NaN, Number.NEGATIVE_INFINITY, -0);
    const t = engine.upload(values, [2, 2]);
    values.fill(9);
    const out = engine.download(t);
    expect([...out]).toEqual([1.5, Number.NaN, Number.NEGATIVE_INFINITY, -0]);
    out.fill(7);
    expect(engine.download(t)[0]).toBe(1.5);
    expect(t).toMatchObject({ shape: [2, 2], dtype: 'f32' });
    engine.dispose(t);
  });

  test('integers, nothing, and a view into a longer array', () => {
    const { engine } = at();
    const ints = engine.upload(Int32Array.of(-1, 2 ** 31 - 1), [2]);
    const none = engine.upload(new Float32Array(0), [0, 4]);
    const view = engine.upload(new Float32Array(Float32Array.of(1, 2, 3, 4).buffer, 4, 2), [2]);
    expect(engine.download(ints)).toEqual(Int32Array.of(-1, 2 ** 31 - 1));
    expect(ints.dtype).toBe('i32');
    expect(engine.download(none).length).toBe(0);
    expect([...engine.download(view)]).toEqual([2, 3]);
    engine.dispose(ints, none, view);
  });

  test('counts what lives; a tensor ends once', () => {
    const { engine, up } = at();
    const before = engine.live();
    const t = up(sample([3], 1));
    expect(engine.live()).toBe(before + 1);
    const u = engine.neg(t);
    expect(engine.live()).toBe(before + 2);
    engine.dispose(t, undefined);
    expect(() => engine.dispose(t)).toThrow(refused('unknown-tensor'));
    expect(() => engine.neg(t)).toThrow(refused('unknown-tensor'));
    engine.dispose(u);
    expect(engine.live()).toBe(before);
  });

  test('scalars are kept, not counted, and cannot be disposed', () => {
    const { engine } = at();
    const before = engine.live();
    const half = engine.scalar(0.5);
    expect(engine.scalar(0.5).id).toBe(half.id);
    expect(engine.scalar(-0).id).not.toBe(engine.scalar(0).id);
    expect(engine.scalar(2, 'i32').dtype).toBe('i32');
    expect([...engine.download(half)]).toEqual([0.5]);
    expect(engine.live()).toBe(before);
    expect(() => engine.dispose(half)).toThrow(refused('unknown-tensor'));
  });

  test('casts truncate to integers and widen exactly', () => {
    const { engine, up, indices, check } = at();
    const x = up({ shape: [4], values: [1.9, -1.9, 0.2, 1e6] });
    const toInts = engine.cast(x, 'i32');
    expect(engine.download(toInts)).toEqual(Int32Array.of(1, -1, 0, 1e6));
    const ints = indices(3, -4);
    check(engine.cast(ints, 'f32'), { shape: [2], values: [3, -4] }, 0);
    const same = engine.cast(x, 'f32');
    engine.dispose(x);
    expect(engine.download(same)[1]).toBe(Math.fround(-1.9));
    engine.dispose(toInts, ints, same);
  });

  test('reshape shares nothing that a dispose could take away', () => {
    const { engine, up, check } = at();
    const x = sample([2, 6], 2);
    const t = up(x);
    const u = engine.reshape(t, [3, 1, 4]);
    engine.dispose(t);
    check(u, { shape: [3, 1, 4], values: x.values }, 0);
  });

  test.each([
    [
      [2, 3],
      [1, 0],
    ],
    [
      [2, 3, 4, 5],
      [0, 2, 1, 3],
    ],
    [
      [2, 3, 4],
      [2, 0, 1],
    ],
    [[5], [0]],
    [
      [1, 4, 1],
      [1, 2, 0],
    ],
  ])('transpose of %j by %j', (shape, permutation) => {
    const { engine, up, check } = at();
    const x = sample(shape, 3);
    const t = up(x);
    check(engine.transpose(t, permutation), permute(x, permutation), 0);
    engine.dispose(t);
  });

  test.each([
    [0, [2, 1, 3]],
    [1, [4]],
    [-1, [1, 0, 3]],
    [1, [2, 2]],
  ])('split along %i into %j, and back by concat', (axis, sizes) => {
    const { engine, up, check } = at();
    const shape = axis === 0 ? [6, 2, 4] : axis === 1 ? [2, 4, 3] : [3, 2, 4];
    const x = sample(shape, 4);
    const t = up(x);
    const parts = engine.split(t, sizes, axis);
    const along = axis < 0 ? 2 : axis;
    expect(parts.map((part) => part.shape[along])).toEqual(sizes);
    let start = 0;
    for (const part of parts) {
      const begin = start;
      const expected = build(part.shape, (...index) => valueAt(x, index.with(along, index[along] + begin)));
      expect([...engine.download(part)]).toEqual(expected.values);
      start += part.shape[along];
    }
    check(engine.concat(parts, axis), x, 0);
    engine.dispose(t, ...parts);
  });

  test('a split or concat of one is a tensor of its own', () => {
    const { engine, up, check } = at();
    const x = sample([2, 2], 4);
    const t = up(x);
    const [part] = engine.split(t, [2], 0);
    const whole = engine.concat([part], 1);
    engine.dispose(t, part);
    check(whole, x, 0);
  });

  test('slice and pad undo each other', () => {
    const { engine, up, check } = at();
    const x = sample([3, 4], 5);
    const t = up(x);
    const inside = engine.slice(t, [1, 1], [2, 2]);
    const back = engine.pad(inside, [
      [1, 0],
      [1, 1],
    ]);
    check(
      back,
      build([3, 4], (row, column) => (row > 0 && column > 0 && column < 3 ? valueAt(x, [row, column]) : 0)),
      0,
    );
    check(engine.slice(t, [3, 0], [0, 4]), { shape: [0, 4], values: [] });
    engine.dispose(t, inside);
  });

  test('gather takes rows, scatterAdd sums them back, also repeated ones', () => {
    const { engine, up, indices, check } = at();
    const x = sample([4, 3], 6);
    const [t, i] = [up(x), indices(2, 0, 2)];
    const rows = engine.gather(t, i);
    expect([...engine.download(rows)]).toEqual([2, 0, 2].flatMap((row) => x.values.slice(row * 3, row * 3 + 3)));
    const times = [1, 0, 2, 0, 0];
    check(
      engine.scatterAdd(i, rows, 5),
      build([5, 3], (row, column) => (times[row] ? times[row] * valueAt(x, [row, column]) : 0)),
      1e-6,
    );
    engine.dispose(t, i, rows);
  });

  test('scatterAdd and gather of nothing', () => {
    const { engine, up, indices, check } = at();
    const [t, i] = [up(sample([4, 3], 6)), indices()];
    const none = engine.gather(t, i);
    expect(none.shape).toEqual([0, 3]);
    check(engine.scatterAdd(i, none, 2), { shape: [2, 3], values: [0, 0, 0, 0, 0, 0] }, 0);
    engine.dispose(t, i, none);
  });

  test.each([[[6]], [[6, 2]], [[6, 2, 2]]])('segmentSum of %j drops negative segments', (shape) => {
    const { engine, up, indices, check } = at();
    const x = sample(shape, 7);
    const segments = [0, 2, -1, 2, 0, -5];
    const [t, s] = [up(x), indices(...segments)];
    const sums = build([4, ...shape.slice(1)], (segment, ...rest) =>
      segments.reduce((sum, owner, row) => (owner === segment ? sum + valueAt(x, [row, ...rest]) : sum), 0),
    );
    check(engine.segmentSum(t, s, 4), sums);
    engine.dispose(t, s);
  });

  test.each<[string, string, (engine: Engine, x: Tensor, index: Tensor) => unknown]>([
    ['upload', 'shape-mismatch', (engine) => engine.upload(new Float32Array(3), [2, 2])],
    ['reshape', 'shape-mismatch', (engine, x) => engine.reshape(x, [5])],
    ['transpose', 'shape-mismatch', (engine, x) => engine.transpose(x, [0, 0])],
    ['split', 'shape-mismatch', (engine, x) => engine.split(x, [1, 1], 1)],
    ['slice', 'shape-mismatch', (engine, x) => engine.slice(x, [0, 2], [2, 2])],
    ['concat of none', 'shape-mismatch', (engine) => engine.concat([], 0)],
    ['pad', 'shape-mismatch', (engine, x) => engine.pad(x, [[1, 1]])],
    ['gather', 'index-out-of-range', (engine, x, index) => engine.gather(x, index)],
    ['scatterAdd', 'index-out-of-range', (engine, x, index) => engine.scatterAdd(index, x, 2)],
    ['crossEntropy', 'index-out-of-range', (engine, x, index) => engine.crossEntropy(x, index)],
  ])('%s refuses with %s', (_, code, call) => {
    const { engine, up, indices } = at();
    const [x, index] = [up(sample([2, 3], 1)), indices(0, 3)];
    const before = engine.live();
    expect(() => call(engine, x, index)).toThrow(refused(code));
    expect(engine.live()).toBe(before);
    engine.dispose(x, index);
  });

  describe('bf16', () => {
    test('is either computed in or refused with a cure', () => {
      const { engine, up } = at();
      if (engine.supports('bf16')) return;
      const cure = expect.objectContaining({
        code: 'tensorflow/unsupported-dtype',
        message: expect.stringContaining('f32'),
      });
      const t = up(sample([2], 1));
      expect(() => engine.upload(Uint16Array.of(0x3f80), [1])).toThrow(cure);
      expect(() => engine.cast(t, 'bf16')).toThrow(cure);
      expect(() => engine.scalar(1, 'bf16')).toThrow(cure);
      engine.dispose(t);
    });

    test('bits go in as they are', () => {
      const { engine } = at();
      if (!engine.supports('bf16')) return;
      const t = engine.upload(Uint16Array.of(0x3f80, 0xc000, 0x7f80, 0x0001), [2, 2]);
      expect(t).toMatchObject({ shape: [2, 2], dtype: 'bf16' });
      expect([...engine.download(t)]).toEqual([1, -2, Number.POSITIVE_INFINITY, 2 ** -133]);
      engine.dispose(t);
    });

    test('a cast rounds to nearest, ties to even', () => {
      const { engine, up } = at();
      if (!engine.supports('bf16')) return;
      const values = [...sample([50], 3).values, 1 + 2 ** -8, 1 + 3 * 2 ** -8, 1e30, -1e30, 0].map(Math.fround);
      const t = up({ shape: [values.length], values });
      const narrow = engine.cast(t, 'bf16');
      expect([...engine.download(narrow)]).toEqual(values.map(roundToBf16));
      engine.dispose(t, narrow);
    });

    test.each(['matmul', 'batchMatmul'] as const)('%s gives bf16 within its precision', (name) => {
      const { engine, up } = at();
      if (!engine.supports('bf16')) return;
      const [a, b] = [sample([17, 33], 1), sample([33, 9], 2)].map(({ shape, values }) => ({
        shape,
        values: values.map(roundToBf16),
      }));
      const [s, t] = [up(a), up(b)];
      const [p, q] = [engine.cast(s, 'bf16'), engine.cast(t, 'bf16')];
      const y = engine[name](p, q);
      expect(y.dtype).toBe('bf16');
      const got = engine.download(y);
      product(a, b).values.forEach((want, index) => {
        expect(Math.abs(got[index] - want)).toBeLessThanOrEqual(2 ** -7 * (1 + Math.abs(want)));
      });
      engine.dispose(s, t, p, q, y);
    });

    test('scalars multiply', () => {
      const { engine } = at();
      if (!engine.supports('bf16')) return;
      const before = engine.live();
      const t = engine.upload(Uint16Array.of(0x3f80, 0x4000), [2]);
      const u = engine.mul(t, engine.scalar(0.5, 'bf16'));
      expect([...engine.download(u)]).toEqual([0.5, 1]);
      engine.dispose(t, u);
      expect(engine.live()).toBe(before);
    });
  });
}
