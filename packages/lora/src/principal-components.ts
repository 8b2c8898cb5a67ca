import { Matrix, SingularValueDecomposition } from 'ml-matrix';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { Site } from './contract.js';
import { addScaled, orthonormalBasis, type Vector } from './orthonormal-basis.js';
import { productsOf } from './weight-products.js';

/** The largest singular values of a weight, descending, with their vectors: W ≈ Σ s · u vᵀ. */
export interface PrincipalComponents {
  readonly values: readonly number[];
  /** u, each `[out]`. */
  readonly left: readonly Vector[];
  /** v, each `[in]`. */
  readonly right: readonly Vector[];
}

/** Largest ‖Wᵀu − s v‖ / s₁ that counts as converged. */
const tolerance = 1e-10;

/** Σ vectors[j] · matrix[j, column] */
function combine(vectors: readonly Vector[], matrix: Matrix, column: number): Vector {
  const sum = new Float64Array(vectors[0].length);
  for (let j = 0; j < matrix.rows; j++) addScaled(sum, matrix.get(j, column), vectors[j]);
  return sum;
}

/** Both vectors or both negated, so that the largest entry of u, the first of equal ones, is positive. */
function orient(u: Vector, v: Vector): readonly [u: Vector, v: Vector] {
  const largest = u.reduce((most, entry) => (Math.abs(entry) > Math.abs(most) ? entry : most), 0);
  return largest < 0 ? [u.map((entry) => -entry), v.map((entry) => -entry)] : [u, v];
}

/** The diagonal and the first upper diagonal of a bidiagonal matrix, as a matrix. */
function bidiagonal(diagonal: readonly number[], upper: readonly number[]): Matrix {
  const matrix = Matrix.zeros(diagonal.length, diagonal.length);
  diagonal.forEach((value, j) => {
    matrix.set(j, j, value);
    if (j > 0) matrix.set(j - 1, j, upper[j - 1]);
  });
  return matrix;
}

/**
 * The first `count` singular triplets by Golub–Kahan–Lanczos bidiagonalisation (1965) with full reorthogonalisation,
 * which stops once each has ‖Wᵀu − s v‖ ≤ 1e-10 s₁; the bidiagonal matrix is decomposed densely. Everything in float64
 * from a fixed first vector, and the largest entry of every u is positive: the same weights give the same bits. A
 * singular value that repeats exactly may be found once only.
 *
 * On one core of an AMD EPYC 16 triplets of a trained `[576, 576]` or `[1536, 576]` take 0.4 to 0.6 s, where dense
 * decompositions take 5.8 and 12.4 s (ml-matrix 6.15).
 *
 * @param weight `[out, in]`, row-major
 * @param count at most min(in, out)
 */
export function principalComponents(
  weight: Float32Array,
  shape: Pick<Site, 'in' | 'out'>,
  count: number,
): PrincipalComponents {
  const tall = shape.out >= shape.in;
  const { times, transposedTimes } = productsOf(weight, shape);
  // The basis of the shorter side is complete after `columns` steps, and nothing is left over.
  const [forward, back] = tall ? [times, transposedTimes] : [transposedTimes, times];
  const columns = Math.min(shape.in, shape.out);
  const components = Array.from({ length: count }, (_, k) => k);
  const generator = xoroshiro128plus(1);
  const draw = () => generator.next() / 2 ** 31;
  const ofRows = orthonormalBasis(draw);
  const ofColumns = orthonormalBasis(draw);
  const diagonal: number[] = [];
  const upper: number[] = [];
  ofColumns.add(new Float64Array(columns).map(draw));
  for (let steps = Math.min(columns, 3 * count + 48); ; steps = Math.min(columns, Math.ceil(1.4 * steps))) {
    for (let j = diagonal.length; j < steps; j++) {
      diagonal.push(ofRows.add(forward(ofColumns.vectors[j])));
      if (j + 1 < columns) upper.push(ofColumns.add(back(ofRows.vectors[j])));
    }
    const decomposed = new SingularValueDecomposition(bidiagonal(diagonal, upper));
    const { diagonal: values, leftSingularVectors: P, rightSingularVectors: Q } = decomposed;
    // Wᵀu − s v is the next column's vector, times this; 0 where there is no next column.
    const residual = (k: number) => Math.abs((upper[steps - 1] ?? 0) * P.get(steps - 1, k));
    if (components.some((k) => residual(k) > tolerance * values[0])) continue;
    const pairs = components.map((k) => {
      const [u, v] = [combine(ofRows.vectors, P, k), combine(ofColumns.vectors, Q, k)];
      return tall ? orient(u, v) : orient(v, u);
    });
    return { values: values.slice(0, count), left: pairs.map(([u]) => u), right: pairs.map(([, v]) => v) };
  }
}
