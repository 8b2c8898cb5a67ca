/// <reference types="jest" />
import type { LowRankTerm, PackedMatrix, Tensor } from '../contract.js';
import type { Bench } from './compare.js';
import { build, type Dense, roundToBf16, sample, swap } from './reference.js';

/** Σ over the inner axis in f64: entry (m, n) of x Wᵀ + left rightᵀ, all given row by row. */
function product(x: Dense, w: Dense, left: Dense, right: Dense): Dense {
  const dot = (a: Dense, m: number, b: Dense, n: number) => {
    let sum = 0;
    for (let i = 0; i < a.shape[1]; i++) sum += a.values[m * a.shape[1] + i] * b.values[n * b.shape[1] + i];
    return sum;
  };
  return build([x.shape[0], w.shape[0]], (m, n) => dot(x, m, w, n) + dot(left, m, right, n));
}

/** Zero outside of the blocks, as the stacked adapters of q, k and v are. */
function blockDiagonal(rows: number, rank: number, blocks: number): Dense {
  const dense = sample([rows, rank], 5);
  const inside = (row: number, r: number) => Math.floor((row * blocks) / rows) === Math.floor((r * blocks) / rank);
  return build([rows, rank], (row, r) => (inside(row, r) ? dense.values[row * rank + r] : 0));
}

/** Products with a frozen matrix, against plain JavaScript. */
export function linearSuite(at: () => Bench): void {
  const shapes = [
    { N: 1, rows: 1, columns: 1, rank: 1 },
    { N: 1, rows: 40, columns: 37, rank: 3 },
    { N: 7, rows: 15, columns: 6, rank: 2 },
    { N: 13, rows: 33, columns: 64, rank: 0 },
    { N: 101, rows: 96, columns: 48, rank: 24 },
    { N: 14, rows: 20, columns: 2100, rank: 2 },
    { N: 0, rows: 4, columns: 5, rank: 2 },
  ];

  test.each(shapes)('x Wᵀ + left Bᵀ and dy W + left A: %j', ({ N, rows, columns, rank }) => {
    const { engine, up, check } = at();
    const [x, w, dy] = [sample([N, columns], 1), sample([rows, columns], 2), sample([N, rows], 3)];
    const [left, B, A] = [sample([N, rank], 4), blockDiagonal(rows, rank, 3), sample([rank, columns], 6)];
    const tensors = [x, w, dy, left, B, A].map(up);
    const [tx, tw, td, tl, tB, tA] = tensors;
    const matrix = engine.pack(tw);
    expect(matrix.shape).toEqual([rows, columns]);
    const tolerance = 1e-5 * Math.max(1, Math.sqrt(columns) / 8);
    const none = { shape: [N, 0], values: [] };
    check(engine.linear(tx, matrix), product(x, w, none, { shape: [rows, 0], values: [] }), tolerance);
    check(engine.linear(tx, matrix, { left: tl, right: tB }), product(x, w, left, B), tolerance);
    check(
      engine.linearBackward(td, matrix),
      product(dy, swap(w), none, { shape: [columns, 0], values: [] }),
      tolerance,
    );
    check(
      engine.linearBackward(td, matrix, { left: tl, right: tA }),
      product(dy, swap(w), left, rank === 0 ? { shape: [columns, 0], values: [] } : swap(A)),
      tolerance,
    );
    engine.dispose(matrix.tensor, ...tensors);
  });

  test('adapters side by side, each on rows of its own', () => {
    const { engine, up, check } = at();
    const [N, rows, columns, rank] = [61, 70, 40, 18];
    const [x, w, dy] = [sample([N, columns], 1), sample([rows, columns], 2), sample([N, rows], 3)];
    // Three adapters of rank 6, on 20 rows each; the last row is nobody's.
    const dense = sample([N, rank], 4);
    const left = build([N, rank], (n, r) =>
      Math.floor(n / 20) === Math.floor(r / 6) ? dense.values[n * rank + r] : 0,
    );
    // Each of them stacked of three sites.
    const blocks = blockDiagonal(rows, 6, 3);
    const B = build([rows, rank], (row, r) => blocks.values[row * 6 + (r % 6)] * (1 + Math.floor(r / 6)));
    const A = sample([rank, columns], 6);
    const tensors = [x, w, dy, left, B, A].map(up);
    const [tx, tw, td, tl, tB, tA] = tensors;
    const matrix = engine.pack(tw);
    check(engine.linear(tx, matrix, { left: tl, right: tB }), product(x, w, left, B), 1e-5);
    check(engine.linearBackward(td, matrix, { left: tl, right: tA }), product(dy, swap(w), left, swap(A)), 1e-5);
    engine.dispose(matrix.tensor, ...tensors);
  });

  test('a packed matrix gives its rows back, exactly', () => {
    const { engine, up, indices, check } = at();
    const w = sample([35, 5], 2);
    const tw = up(w);
    const matrix = engine.pack(tw);
    const some = indices(34, 0, 17, 17);
    check(
      engine.packedRows(matrix, some),
      build([4, 5], (m, i) => Math.fround(w.values[[34, 0, 17, 17][m] * 5 + i])),
      0,
    );
    engine.dispose(some, matrix.tensor, tw);
  });

  test('rows outside of a packed matrix are refused', () => {
    const { engine, up, indices } = at();
    const tw = up(sample([3, 2], 1));
    const matrix = engine.pack(tw);
    const odd = indices(0, 3);
    expect(() => engine.packedRows(matrix, odd)).toThrow(
      expect.objectContaining({ code: 'tensorflow/index-out-of-range' }),
    );
    engine.dispose(odd, matrix.tensor, tw);
  });

  test('operands that do not fit are refused', () => {
    const { engine, up } = at();
    const [w, x, line, left, right] = [[3, 2], [4, 2], [4], [4, 1], [3, 2]].map((shape) => up(sample(shape, 1)));
    const matrix = engine.pack(w);
    const refused = expect.objectContaining({ code: 'tensorflow/shape-mismatch' });
    expect(() => engine.pack(line)).toThrow(refused);
    expect(() => engine.linearBackward(x, matrix)).toThrow(refused);
    expect(() => engine.linear(x, matrix, { left, right })).toThrow(refused);
    engine.dispose(w, x, line, left, right, matrix.tensor);
  });

  test('NaN and infinity come through', () => {
    const { engine, up, check } = at();
    const [w, x] = [
      up({ shape: [2, 2], values: [1, 0, 0, 1] }),
      up({ shape: [2, 2], values: [Number.NaN, 1, 2, Infinity] }),
    ];
    const matrix = engine.pack(w);
    check(engine.linear(x, matrix), { shape: [2, 2], values: [Number.NaN, Number.NaN, Number.NaN, Infinity] });
    engine.dispose(w, x, matrix.tensor);
  });

  // Inner axes are odd and even, shorter and longer than what a thread holds at a time, whole panels and not.
  const bf16Shapes = [
    { N: 9, rows: 33, columns: 40 },
    { N: 13, rows: 34, columns: 71 },
    { N: 25, rows: 96, columns: 64 },
    { N: 3, rows: 40, columns: 2310 },
    { N: 14, rows: 2306, columns: 38 },
  ];
  test.each(bf16Shapes)('in bf16: sums in f32, rounded once, the low-rank term in f32: %j', ({ N, rows, columns }) => {
    const { engine, up } = at();
    if (!engine.supports('bf16')) return;
    const narrow = (x: Dense) => {
      const wide = up({ ...x, values: x.values.map(roundToBf16) });
      const tensor = engine.cast(wide, 'bf16');
      engine.dispose(wide);
      return tensor;
    };
    const [x, w, dy] = [sample([N, columns], 1), sample([rows, columns], 2), sample([N, rows], 3)];
    const [left, B, A] = [sample([N, 6], 4), sample([rows, 6], 5), sample([6, columns], 6)];
    const bits = ({ shape, values }: Dense): Dense => ({ shape, values: values.map(roundToBf16) });
    const fused = engine.description.device === 'CPU';
    const slack = fused ? 3e-3 : Math.max(0.1, 0.0155 * Math.sqrt(Math.max(rows, columns)));
    /** x Wᵀ + left rightᵀ; compositions round the product, the term and their sum, each as large as it is. */
    const close = (actual: Tensor, [x, w, left, right]: readonly [Dense, Dense, Dense, Dense]) => {
      expect(actual.dtype).toBe('bf16');
      const got = engine.download(actual);
      engine.dispose(actual);
      const none = (rows: number) => ({ shape: [rows, 0], values: [] });
      const plain = product(x, w, none(x.shape[0]), none(w.shape[0])).values;
      for (const [i, want] of product(x, w, left, right).values.entries()) {
        const rounded = Math.abs(want) + (fused ? 0 : Math.abs(plain[i]) + Math.abs(want - plain[i]));
        expect(Math.abs(got[i] - want)).toBeLessThan(2 ** -8 * rounded + slack);
      }
    };
    const tensors = [narrow(x), narrow(w), narrow(dy), up(left), up(B), up(A)];
    const [tx, tw, td, tl, tB, tA] = tensors;
    const matrix: PackedMatrix = engine.pack(tw);
    const term = (right: Tensor): LowRankTerm => ({ left: tl, right });
    close(engine.linear(tx, matrix, term(tB)), [bits(x), bits(w), left, B]);
    close(engine.linearBackward(td, matrix, term(tA)), [bits(dy), swap(bits(w)), left, swap(A)]);
    engine.dispose(matrix.tensor, ...tensors);
  });
}
