import { Matrix, SingularValueDecomposition } from 'ml-matrix';
import { principalComponents } from './principal-components.js';
import { seededRandom } from './testing.js';

const weightOf = (out: number, columns: number, seed: number) => {
  const random = seededRandom(seed);
  return Float32Array.from({ length: out * columns }, () => random() - 0.5);
};
const transpose = (weight: Float32Array, out: number, columns: number) =>
  weight.map((_, i) => weight[(i % out) * columns + Math.floor(i / out)]!);
const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

test.each([
  [90, 71],
  [71, 90],
  [80, 80],
])('[%i, %i]: the triplets of a dense decomposition, before the basis is complete', (out, columns) => {
  const weight = weightOf(out, columns, 1);
  const { values, left, right } = principalComponents(weight, { in: columns, out }, 3);
  const dense = new SingularValueDecomposition(Matrix.from1DArray(out, columns, Array.from(weight)), {
    autoTranspose: true,
  });
  values.forEach((value, k) => {
    expect(Math.abs(value / dense.diagonal[k]! - 1)).toBeLessThan(1e-12);
    const [u, v] = [dense.leftSingularVectors, dense.rightSingularVectors].map((vectors) =>
      Float64Array.from(vectors.getColumn(k)),
    ) as [Float64Array, Float64Array];
    expect(Math.abs(dot(u, left[k]!))).toBeCloseTo(1, 12);
    // Both signs agree, or neither.
    expect(dot(u, left[k]!) * dot(v, right[k]!)).toBeCloseTo(1, 12);
    expect(left[k]!.reduce((most, x) => (Math.abs(x) > Math.abs(most) ? x : most), 0)).toBeGreaterThan(0);
    for (const vectors of [left, right])
      vectors.forEach((other, j) => {
        expect(dot(vectors[k]!, other)).toBeCloseTo(k === j ? 1 : 0, 12);
      });
  });
});

test('the same weight gives the same bits, and its transpose the same triplets the other way round', () => {
  const weight = weightOf(90, 70, 2);
  const once = principalComponents(weight, { in: 70, out: 90 }, 3);
  expect(principalComponents(weight, { in: 70, out: 90 }, 3)).toEqual(once);
  const turned = principalComponents(transpose(weight, 90, 70), { in: 90, out: 70 }, 3);
  turned.values.forEach((value, k) => {
    expect(value).toBeCloseTo(once.values[k]!, 12);
    expect(Math.abs(dot(turned.left[k]!, once.right[k]!))).toBeCloseTo(1, 12);
  });
});

test('repeated singular values of a complete basis, a weight of rank 1, one entry, and nothing but zeros', () => {
  const identity = Float32Array.from({ length: 36 }, (_, i) => (i % 7 === 0 ? 2 : 0));
  const equal = principalComponents(identity, { in: 6, out: 6 }, 6);
  for (const value of equal.values) expect(value).toBeCloseTo(2, 12);
  equal.left.forEach((u, k) => {
    expect(dot(u, equal.right[k]!)).toBeCloseTo(1, 12);
    for (const other of equal.left.slice(0, k)) expect(dot(u, other)).toBeCloseTo(0, 12);
  });

  // (1, 2, 2) (3, 4)ᵀ: 3 · 5
  const { values, left, right } = principalComponents(Float32Array.of(3, 4, 6, 8, 6, 8), { in: 2, out: 3 }, 2);
  expect(values[0]).toBeCloseTo(15, 12);
  expect(values[1]).toBeCloseTo(0, 12);
  [1 / 3, 2 / 3, 2 / 3].forEach((entry, o) => {
    expect(left[0]![o]).toBeCloseTo(entry, 12);
  });
  [0.6, 0.8].forEach((entry, i) => {
    expect(right[0]![i]).toBeCloseTo(entry, 12);
  });

  const one = principalComponents(Float32Array.of(-7), { in: 1, out: 1 }, 1);
  expect([one.values[0], one.left[0]![0], one.right[0]![0]]).toEqual([7, 1, -1]);
  const none = principalComponents(new Float32Array(20), { in: 4, out: 5 }, 2);
  expect(none.values).toEqual([0, 0]);
  expect([...none.left, ...none.right].every((vector) => vector.every(Number.isFinite))).toBe(true);
});
