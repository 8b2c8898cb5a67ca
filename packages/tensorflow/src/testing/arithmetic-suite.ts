/// <reference types="jest" />
import type { Engine, Tensor } from '../contract.js';
import type { Bench } from './compare.js';
import { build, type Dense, product, sample, swap, total, zip } from './reference.js';

const EXTREMES = [0, 1, 0.5, 2, 100, 1e30, 1e-30, Number.POSITIVE_INFINITY, Number.NaN];

type Unary = 'neg' | 'square' | 'sqrt' | 'rsqrt' | 'abs' | 'sigmoid';
const UNARY: Readonly<Record<Unary, (x: number) => number>> = {
  neg: (x) => -x,
  square: (x) => x * x,
  sqrt: Math.sqrt,
  rsqrt: (x) => 1 / Math.sqrt(x),
  abs: Math.abs,
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
};

type Binary = 'add' | 'sub' | 'mul' | 'div';
const BINARY: Readonly<Record<Binary, (x: number, y: number) => number>> = {
  add: (x, y) => x + y,
  sub: (x, y) => x - y,
  mul: (x, y) => x * y,
  div: (x, y) => x / y,
};

/** Element-wise operations, products, reductions and softmax. */
export function arithmeticSuite(at: () => Bench): void {
  describe.each(Object.keys(UNARY) as Unary[])('%s', (name) => {
    test.each([[[7]], [[3, 5]], [[1]], [[]], [[0]], [[2, 3, 4, 5]]])('on shape %j', (shape) => {
      const { engine, up, check } = at();
      const x = zip(sample(shape, 3), { shape: [], values: [2.5] }, (a, b) => a + b);
      const t = up(x);
      check(engine[name](t), { shape, values: x.values.map((value) => Math.fround(UNARY[name](value))) });
      engine.dispose(t);
    });

    test('at extremes', () => {
      const { engine, up, check } = at();
      const values = [...EXTREMES, ...EXTREMES.map((value) => -value)];
      const t = up({ shape: [values.length], values });
      const expected = values.map((value) => Math.fround(UNARY[name](Math.fround(value))));
      check(engine[name](t), { shape: [values.length], values: expected });
      engine.dispose(t);
    });
  });

  describe.each(Object.keys(BINARY) as Binary[])('%s', (name) => {
    test.each([
      [
        [2, 3],
        [2, 3],
      ],
      [[2, 3], [3]],
      [
        [2, 1],
        [1, 3],
      ],
      [[], [2, 2]],
      [[4], []],
      [[1], [1]],
      [[], []],
      [
        [2, 3, 4],
        [3, 1],
      ],
      [[0, 3], [3]],
      [
        [5, 1, 2, 3],
        [4, 1, 3],
      ],
    ])('broadcasts %j with %j', (left, right) => {
      const { engine, up, check } = at();
      const [a, b] = [sample(left, 1), sample(right, 2)];
      const [s, t] = [up(a), up(b)];
      check(engine[name](s, t), zip(a, b, BINARY[name]));
      engine.dispose(s, t);
    });

    test('at extremes, every pair', () => {
      const { engine, up, check } = at();
      const a: Dense = { shape: [EXTREMES.length, 1], values: EXTREMES.map(Math.fround) };
      const b: Dense = { shape: [EXTREMES.length], values: EXTREMES.map((value) => Math.fround(-value)) };
      const [s, t] = [up(a), up(b)];
      check(engine[name](s, t), zip(a, b, BINARY[name]));
      engine.dispose(s, t);
    });

    test('borrows: the same tensor on both sides, unchanged after', () => {
      const { engine, up, check } = at();
      const a = sample([6], 9);
      const s = up(a);
      check(engine[name](s, s), zip(a, a, BINARY[name]));
      check(s, a, 0);
    });
  });

  test('integers add and multiply as integers', () => {
    const { engine, indices, check } = at();
    const [a, b] = [indices(3, -4, 5), indices(7, 7, -7)];
    check(engine.add(a, b), { shape: [3], values: [10, 3, -2] }, 0);
    check(engine.mul(a, b), { shape: [3], values: [21, -28, -35] }, 0);
    engine.dispose(a, b);
  });

  test.each([1, 2, 3, 7])('addN of %i', (count) => {
    const { engine, up, check } = at();
    const xs = Array.from({ length: count }, (_, index) => sample([3, 4], index + 1));
    const ts = xs.map(up);
    check(
      engine.addN(ts),
      xs.reduce((sum, x) => zip(sum, x, BINARY.add)),
    );
    engine.dispose(...ts);
  });

  describe.each([
    ['matmul', [5, 7], [7, 3]],
    ['matmul', [1, 1], [1, 1]],
    ['matmul', [1, 9], [9, 1]],
    ['matmul', [33, 65], [65, 17]],
    ['matmul', [0, 4], [4, 2]],
    ['matmul', [3, 0], [0, 2]],
    ['batchMatmul', [2, 5, 7], [2, 7, 3]],
    ['batchMatmul', [2, 3, 4, 5], [2, 3, 5, 6]],
    ['batchMatmul', [3, 4, 5], [1, 5, 6]],
    ['batchMatmul', [2, 1, 4, 5], [1, 3, 5, 2]],
    ['batchMatmul', [3, 4, 5], [5, 2]],
  ] as const)('%s of %j and %j', (name, left, right) => {
    test.each([
      [false, false],
      [true, false],
      [false, true],
      [true, true],
    ])('transposed: %j, %j', (transposeA, transposeB) => {
      const { engine, up, check } = at();
      const [a, b] = [sample(left, 4), sample(right, 5)];
      const [s, t] = [up(transposeA ? swap(a) : a), up(transposeB ? swap(b) : b)];
      check(engine[name](s, t, { transposeA, transposeB }), product(a, b), 1e-5);
      engine.dispose(s, t);
    });
  });

  test('a product is the same bits every time', () => {
    const { engine, up } = at();
    const [s, t] = [up(sample([64, 96], 1)), up(sample([96, 48], 2))];
    const [first, second] = [engine.matmul(s, t), engine.matmul(s, t)];
    expect(engine.download(first)).toEqual(engine.download(second));
    engine.dispose(s, t, first, second);
  });

  describe.each([true, false])('reductions, keepDims %j', (keepDims) => {
    test.each([
      [[4], 0],
      [[3, 5], 0],
      [[3, 5], 1],
      [[3, 5], -1],
      [[2, 3, 4], 1],
      [[1, 1], 1],
      [[2, 1000], 1],
    ])('of %j along %i', (shape, axis) => {
      const { engine, up, check } = at();
      const x = sample(shape, 6);
      const t = up(x);
      const along = axis < 0 ? axis + shape.length : axis;
      const sum = total(x, along, keepDims);
      check(engine.sum(t, axis, keepDims), sum, 1e-5);
      const mean = { ...sum, values: sum.values.map((value) => value / shape[along]) };
      check(engine.mean(t, axis, keepDims), mean, 1e-5);
      engine.dispose(t);
    });
  });

  test('the sum of nothing is 0', () => {
    const { engine, up, check } = at();
    const t = up({ shape: [2, 0], values: [] });
    check(engine.sum(t, 1), { shape: [2], values: [0, 0] }, 0);
    engine.dispose(t);
  });

  test.each([[[5]], [[3, 4]], [[2, 3, 4, 5]], [[2, 1]], [[0, 3]]])('softmax of %j', (shape) => {
    const { engine, up, check } = at();
    const x = sample(shape, 7, 6);
    const t = up(x);
    check(engine.softmax(t), softmax(x));
    engine.dispose(t);
  });

  test('softmax at extremes: masked scores vanish, huge ones win, NaN stays in its row', () => {
    const { engine, up, check } = at();
    const rows = [
      [3, -1e9, -1e9],
      [1e30, -1e30, 0],
      [-1e30, -1e30, -1e30],
      [Number.NaN, 1, 2],
      [0, 0, 0],
    ];
    const t = up({ shape: [5, 3], values: rows.flat() });
    const third = Math.fround(1 / 3);
    const expected = [
      [1, 0, 0],
      [1, 0, 0],
      [third, third, third],
      [Number.NaN, Number.NaN, Number.NaN],
      [third, third, third],
    ];
    check(engine.softmax(t), { shape: [5, 3], values: expected.flat() });
    engine.dispose(t);
  });

  test.each([
    [1, 1, 1],
    [3, 5, 2],
    [40, 300, 3],
    [2, 4, 1e4],
  ])('cross-entropy of %i rows over %i classes at scale %f', (rows, classes, scale) => {
    const { engine, up, indices, check } = at();
    const x = sample([rows, classes], 8, scale);
    const labels = Array.from({ length: rows }, (_, row) => (row * 7) % classes);
    const [t, l] = [up(x), indices(...labels)];
    const { losses, gradient } = engine.crossEntropy(t, l);
    const p = softmax(x);
    check(losses, { shape: [rows], values: labels.map((label, row) => logSumExp(x, row) - at2(x, row, label)) }, 1e-5);
    check(
      gradient,
      build([rows, classes], (row, column) => at2(p, row, column) - (column === labels[row] ? 1 : 0)),
      1e-5,
    );
    engine.dispose(t, l);
  });

  test('operands of two element types are refused', () => {
    const { engine, up, indices } = at();
    const pair: readonly [Tensor, Tensor] = [up(sample([3], 1)), indices(1, 2, 3)];
    expect(() => engine.add(...pair)).toThrow(expect.objectContaining({ code: 'tensorflow/unsupported-dtype' }));
    engine.dispose(...pair);
  });

  test.each<[string, (engine: Engine, x: Tensor, five: Tensor) => unknown]>([
    ['add', (engine, x, five) => engine.add(x, five)],
    ['matmul', (engine, x) => engine.matmul(x, x)],
    ['matmul of one axis', (engine, x, five) => engine.matmul(x, five)],
    ['sum', (engine, x) => engine.sum(x, 2)],
    ['addN of none', (engine) => engine.addN([])],
    ['addN', (engine, x, five) => engine.addN([x, five])],
    ['crossEntropy', (engine, x, five) => engine.crossEntropy(x, five)],
  ])('%s refuses shapes that do not fit', (_, call) => {
    const { engine, up } = at();
    const [x, five] = [up(sample([2, 3], 1)), up(sample([5], 1))];
    expect(() => call(engine, x, five)).toThrow(expect.objectContaining({ code: 'tensorflow/shape-mismatch' }));
    engine.dispose(x, five);
  });
}

const at2 = ({ shape, values }: Dense, row: number, column: number) => values[row * shape[1] + column];

function logSumExp(x: Dense, row: number): number {
  const values = x.values.slice(row * x.shape[1], (row + 1) * x.shape[1]);
  const top = Math.max(...values);
  return top + Math.log(values.reduce((sum, value) => sum + Math.exp(value - top), 0));
}

function softmax(x: Dense): Dense {
  const width = x.shape.at(-1)!;
  const rows = { shape: [x.values.length / width, width], values: x.values };
  return {
    shape: x.shape,
    values: x.values.map((value, index) => Math.exp(value - logSumExp(rows, Math.floor(index / width)))),
  };
}
