/// <reference types="jest" />
import type { Tensor } from '../contract.js';
import { startsOf } from './attention-suite.js';
import type { Bench } from './compare.js';
import { type Dense, sample } from './reference.js';

/** Products by segment and their squares, against numbers written out and plain JavaScript. */
export function segmentProductsSuite(at: () => Bench): void {
  test('segmentProducts by hand', () => {
    const { engine, up, check } = at();
    // X_0ᵀ Y_0 = [1·5 + 2·7, 1·6 + 2·8] = [19, 22]; X_1ᵀ Y_1 = [3·−1, 3·4] = [−3, 12].
    const x = up({ shape: [3, 1], values: [1, 2, 3] });
    const y = up({ shape: [3, 2], values: [5, 6, 7, 8, -1, 4] });
    const scales = up({ shape: [2], values: [0.5, 2] });
    const plain = engine.segmentProducts(x, y, Int32Array.of(0, 2, 3));
    check(plain.sum, { shape: [1, 2], values: [16, 34] }, 0);
    check(plain.squares, { shape: [1, 2], values: [361 + 9, 484 + 144] }, 0);
    const turned = engine.segmentProducts(y, x, Int32Array.of(0, 2, 3), scales);
    check(turned.sum, { shape: [2, 1], values: [16, 34] }, 0);
    check(turned.squares, { shape: [2, 1], values: [0.5 * 361 + 2 * 9, 0.5 * 484 + 2 * 144] }, 0);
    engine.dispose(x, y, scales);
  });

  test.each([
    [[1], 1, 1],
    [[3, 1, 4], 2, 3],
    [[5, 30, 2, 11], 24, 83],
    [[5, 30, 2, 11], 83, 24],
    [[1, 2, 63, 64, 65, 130], 13, 200],
    [[7, 9], 16, 16],
    [[40, 20], 130, 8],
  ])('segmentProducts of lengths %j, %i by %i', (lengths, p, q) => {
    const { engine, up, check } = at();
    const starts = startsOf(...lengths);
    const tokens = starts.at(-1)!;
    const [x, y, c] = [sample([tokens, p], 1, 0.5), sample([tokens, q], 2, 0.5), sample([lengths.length], 3)];
    const tensors = [x, y, c].map(up);
    const { sum, squares } = engine.segmentProducts(tensors[0], tensors[1], starts, tensors[2]);
    const reference = products(x, y, starts, c.values);
    check(sum, reference.sum, 3e-5);
    check(squares, reference.squares, 3e-5);
    engine.dispose(...tensors);
  });

  test('segmentProducts of NaN stays in its row and column', () => {
    const { engine, up, check } = at();
    const x = up({ shape: [2, 2], values: [Number.NaN, 1, 1, 1] });
    const y = up({ shape: [2, 1], values: [2, 3] });
    const { sum, squares } = engine.segmentProducts(x, y, Int32Array.of(0, 1, 2));
    check(sum, { shape: [2, 1], values: [Number.NaN, 5] }, 0);
    check(squares, { shape: [2, 1], values: [Number.NaN, 13] }, 0);
    engine.dispose(x, y);
  });

  test.each<[string, number[], (two: Tensor, three: Tensor) => [Tensor, Tensor, Tensor?]]>([
    ['rows that differ', [0, 2], (two, three) => [two, three]],
    ['an empty segment', [0, 2, 2], (two) => [two, two]],
    ['starts that end early', [0, 1], (two) => [two, two]],
    ['scales that are not one a segment', [0, 2], (two, three) => [two, two, three]],
  ])('segmentProducts refuses %s', (_, starts, operands) => {
    const { engine, up } = at();
    const [two, three] = [up(sample([2, 2], 1)), up(sample([3, 2], 2))];
    const [x, y, scales] = operands(two, three);
    expect(() => engine.segmentProducts(x, y, Int32Array.from(starts), scales)).toThrow(
      expect.objectContaining({ code: 'tensorflow/shape-mismatch' }),
    );
    engine.dispose(two, three);
  });
}

function products(x: Dense, y: Dense, starts: Int32Array, scales: readonly number[]) {
  const [p, q] = [x.shape[1], y.shape[1]];
  const [sum, squares] = [new Float64Array(p * q), new Float64Array(p * q)];
  for (let b = 0; b + 1 < starts.length; b++)
    for (let i = 0; i < p; i++)
      for (let j = 0; j < q; j++) {
        let product = 0;
        for (let n = starts[b]; n < starts[b + 1]; n++) product += x.values[n * p + i] * y.values[n * q + j];
        sum[i * q + j] += product;
        squares[i * q + j] += scales[b] * product ** 2;
      }
  return { sum: { shape: [p, q], values: [...sum] }, squares: { shape: [p, q], values: [...squares] } };
}
