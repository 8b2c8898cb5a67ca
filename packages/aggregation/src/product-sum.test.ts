import type { LowRankFactor } from '@perfit/lora';
import fc from 'fast-check';
import { leadingComponents } from './leading-components.js';
import { type ProductSum, productSum } from './product-sum.js';

const matrixOf = ({ rank, A, B }: LowRankFactor, width: number, out: number) =>
  Array.from({ length: out * width }, (_, p) => {
    const [o, i] = [Math.floor(p / width), p % width];
    let sum = 0;
    for (let k = 0; k < rank; k++) sum += B[o * rank + k] * A[k * width + i];
    return sum;
  });
const small = fc.integer({ min: -4, max: 4 });
const shapes = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 }));
const vectors = (length: number) => fc.array(small, { minLength: length, maxLength: length });
const terms = shapes.chain(([width, out]) =>
  fc.record({
    width: fc.constant(width),
    out: fc.constant(out),
    list: fc.array(fc.tuple(small, vectors(width), vectors(out)), { maxLength: 8 }),
  }),
);

describe('productSum', () => {
  test('stacks terms below min(in, out) of them, and is one matrix from there on', () => {
    const sum = productSum({ name: 's', in: 3, out: 2 });
    expect(sum.factor(1)).toEqual({ site: 's', rank: 0, A: new Float32Array(0), B: new Float32Array(0) });
    sum.add(2, [1, 0, 3], [1, -1]);
    expect(sum.factor(10)).toEqual({ site: 's', rank: 1, A: Float32Array.of(1, 0, 3), B: Float32Array.of(20, -20) });
    sum.add(1, [0, 5, 0], [0, 1]);
    // 2 [1, −1]ᵀ [1, 0, 3] + [0, 1]ᵀ [0, 5, 0]; out is the smaller side, so B is the identity.
    const dense = { site: 's', rank: 2, A: Float32Array.of(2, 0, 6, -2, 5, -6), B: Float32Array.of(1, 0, 0, 1) };
    expect(sum.factor(1)).toEqual(dense);
    sum.addFactor(dense);
    expect(sum.factor(0.5)).toEqual(dense);
  });

  test('holds Σ w b aᵀ whatever the number of terms, in min(in, out) components or fewer', () => {
    fc.assert(
      fc.property(terms, ({ width, out, list }) => {
        const sum = productSum({ name: 's', in: width, out });
        for (const [weight, a, b] of list) sum.add(weight, a, b);
        const factor = sum.factor(1);
        const expected = Array.from({ length: out * width }, (_, p) =>
          list.reduce((total, [weight, a, b]) => total + weight * b[Math.floor(p / width)] * a[p % width], 0),
        );
        expect(factor.rank).toBeLessThanOrEqual(Math.min(width, out));
        expect(matrixOf(factor, width, out).map((value) => value + 0)).toEqual(expected.map((value) => value + 0));
        const again = productSum({ name: 's', in: width, out });
        again.addFactor(factor);
        again.addFactor(factor);
        expect(matrixOf(again.factor(0.5), width, out).map((value) => value + 0)).toEqual(
          expected.map((value) => value + 0),
        );
      }),
    );
  });
});

describe('leadingComponents', () => {
  const rebuilt = (sum: ProductSum, rank: number, width: number, out: number) => {
    const found = leadingComponents(sum, rank);
    return Array.from({ length: out * width }, (_, p) =>
      found.reduce((total, { a, b }) => total + b[Math.floor(p / width)] * a[p % width], 0),
    );
  };

  test('by hand: singular values 6 and 2, the larger first, √s on both sides', () => {
    const sum = productSum({ name: 's', in: 3, out: 4 });
    sum.add(1, [0, 2, 0], [-1, 0, 0, 0]);
    sum.add(2, [3, 0, 0], [0, 0, -1, 0]);
    const [first, second, ...none] = leadingComponents(sum, 3).map(({ a, b }) => [...a, ...b]);
    const [six, two] = [Math.sqrt(6), Math.sqrt(2)];
    // The largest entry of u is positive, so the sign goes to v.
    [-six, 0, 0, 0, 0, six, 0].forEach((value, i) => {
      expect(first[i]).toBeCloseTo(value, 12);
    });
    [0, -two, 0, two, 0, 0, 0].forEach((value, i) => {
      expect(second[i]).toBeCloseTo(value, 12);
    });
    expect(none).toEqual([]);
  });

  test('all of them rebuild the sum, stacked or dense, and there are no more than its rank', () => {
    fc.assert(
      fc.property(terms, ({ width, out, list }) => {
        const sum = productSum({ name: 's', in: width, out });
        for (const [weight, a, b] of list) sum.add(weight, a, b);
        const expected = matrixOf(sum.factor(1), width, out);
        const found = rebuilt(sum, 9, width, out);
        for (const [p, value] of found.entries()) expect(value).toBeCloseTo(expected[p], 9);
        expect(leadingComponents(sum, 9).length).toBeLessThanOrEqual(Math.min(width, out, list.length));
        expect(leadingComponents(sum, 1).length).toBe(expected.some((value) => value !== 0) ? 1 : 0);
      }),
    );
  });

  test('one term twice is one component', () => {
    const sum = productSum({ name: 's', in: 5, out: 5 });
    for (let i = 0; i < 2; i++) sum.add(1, [1, 2, 0, 0, 1], [0, 1, 1, 0, 0]);
    expect(leadingComponents(sum, 4)).toHaveLength(1);
  });
});
