/// <reference types="jest" />
import type { Tensor } from '../contract.js';
import type { Bench } from './compare.js';
import { type Dense, product, roundToBf16, sample, swap } from './reference.js';

/** The four operands, and what the engine must make of them. */
function operandsOf(x: Dense, dy: Dense, A: Dense, B: Dense) {
  const [u, t] = [product(x, swap(A)), product(dy, B)];
  return { operands: [x, dy, A, B], u, t, dA: product(swap(t), x), dB: product(swap(dy), u) };
}

/** The low-rank part's own products, against plain JavaScript. */
export function lowRankSuite(at: () => Bench): void {
  const shapes = [
    { N: 1, width: 1, out: 1, rank: 1 },
    { N: 7, width: 37, out: 15, rank: 2 },
    { N: 24, width: 32, out: 64, rank: 16 },
    { N: 101, width: 96, out: 70, rank: 24 },
    { N: 530, width: 33, out: 20, rank: 33 },
    { N: 0, width: 5, out: 4, rank: 2 },
  ];

  const checkAll = (x: Tensor, dy: Tensor, A: Tensor, B: Tensor, wanted: ReturnType<typeof operandsOf>) => {
    const { engine, check } = at();
    check(engine.lowRankInput(x, A), wanted.u, 3e-5);
    const found = engine.lowRankGradients({ x, A, B }, dy);
    check(found.t, wanted.t, 3e-5);
    check(found.dA, wanted.dA, 1e-4);
    check(found.dB, wanted.dB, 1e-4);
  };

  test.each(shapes)('x Aᵀ, dy B, tᵀ x and dyᵀ u: %j', ({ N, width, out, rank }) => {
    const { engine, up } = at();
    const wanted = operandsOf(
      ...([sample([N, width], 1, 0.5), sample([N, out], 2, 0.5)] as const),
      ...([sample([rank, width], 3, 0.5), sample([out, rank], 4, 0.5)] as const),
    );
    const tensors = wanted.operands.map(up);
    const [x, dy, A, B] = tensors;
    checkAll(x, dy, A, B, wanted);
    engine.dispose(...tensors);
  });

  test('operands in bf16 lose nothing more: results are those of the same numbers in f32', () => {
    const { engine, up } = at();
    if (!engine.supports('bf16')) return;
    const rounded = ({ shape, values }: Dense) => ({ shape, values: values.map(roundToBf16) });
    const wanted = operandsOf(
      ...([rounded(sample([61, 50], 1)), rounded(sample([61, 40], 2))] as const),
      ...([sample([8, 50], 3), sample([40, 8], 4)] as const),
    );
    const tensors = wanted.operands.map(up);
    const [x, dy, A, B] = tensors;
    const [tx, td] = [engine.cast(x, 'bf16'), engine.cast(dy, 'bf16')];
    checkAll(tx, td, A, B, wanted);
    engine.dispose(tx, td, ...tensors);
  });

  test('NaN of a row stays out of the other rows', () => {
    const { engine, up, check } = at();
    const x = up({ shape: [2, 2], values: [Number.NaN, 1, 2, 3] });
    const A = up({ shape: [1, 2], values: [1, 1] });
    check(engine.lowRankInput(x, A), { shape: [2, 1], values: [Number.NaN, 5] }, 0);
    engine.dispose(x, A);
  });

  test.each<[string, (two: Tensor, three: Tensor) => [Tensor, Tensor, Tensor, Tensor]]>([
    ['rows that differ', (two, three) => [two, two, two, three]],
    ['an A of another width', (two, three) => [three, two, two, two]],
    ['a B of another rank', (two, three) => [two, two, three, two]],
  ])('lowRankGradients refuses %s', (_, operands) => {
    const { engine, up } = at();
    const [two, three] = [up(sample([2, 2], 1)), up(sample([3, 3], 2))];
    const [x, A, B, dy] = operands(two, three);
    const refused = expect.objectContaining({ code: 'tensorflow/shape-mismatch' });
    expect(() => engine.lowRankGradients({ x, A, B }, dy)).toThrow(refused);
    engine.dispose(two, three);
  });
}
