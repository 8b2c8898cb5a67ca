import { Matrix, QR, SVD } from 'ml-matrix';
import type { ProductSum } from './product-sum.js';

/** What is 0 beside the largest singular value. */
const NOTHING = 1e-10;

/** u vᵀ with √s in both. */
export interface LeadingComponent {
  /** √s v `[in]`, a row of A. */
  readonly a: Float64Array;
  /** √s u `[out]`, a column of B. */
  readonly b: Float64Array;
}

/**
 * The leading components of a sum of products by its singular values, largest first: the best approximation of each rank
 * (Eckart & Young 1936). Fewer than `rank` where the sum has no more. The largest entry of every u is positive, the first
 * of equal ones, so that signs do not depend on the order of the terms. Equal singular values leave u and v free.
 *
 * A stack of q terms is decomposed through QR of both sides and the SVD of the `[q, q]` core in between, so the
 * `[out, in]` matrix is never formed. Time grows with (in + out) q² + q³, q ≤ min(in, out): 0.08 s for 64 terms of a
 * `[576, 576]` site (EPYC, one core).
 */
export function leadingComponents(sum: ProductSum, rank: number): readonly LeadingComponent[] {
  const decomposed = decompose(sum);
  if (!decomposed) return [];
  const { u, s, v } = decomposed;
  const count = Math.min(rank, s.filter((value) => value > NOTHING * s[0]).length);
  return Array.from({ length: count }, (_, k) => {
    const column = u.getColumn(k);
    const largest = column.reduce((best, value) => (Math.abs(value) > Math.abs(best) ? value : best), 0);
    const root = Math.sqrt(s[k]) * Math.sign(largest);
    return {
      a: Float64Array.from(v.getColumn(k), (value) => root * value),
      b: Float64Array.from(column, (value) => root * value),
    };
  });
}

/** U, S, V, singular values in falling order; undefined for a sum of nothing. */
function decompose(
  sum: ProductSum,
): { readonly u: Matrix; readonly s: readonly number[]; readonly v: Matrix } | undefined {
  const terms = sum.terms();
  if ('rows' in terms) return singular(new Matrix(terms.rows.map((row) => [...row])));
  if (terms.a.length === 0) return undefined;
  const left = new QR(columns(terms.b));
  const right = new QR(columns(terms.a));
  const core = singular(left.upperTriangularMatrix.mmul(right.upperTriangularMatrix.transpose()));
  return { u: left.orthogonalMatrix.mmul(core.u), s: core.s, v: right.orthogonalMatrix.mmul(core.v) };
}

const columns = (vectors: readonly Float64Array[]) =>
  new Matrix(Array.from(vectors[0], (_, row) => vectors.map((vector) => vector[row])));

function singular(matrix: Matrix) {
  const svd = new SVD(matrix, { autoTranspose: true });
  return { u: svd.leftSingularVectors, s: svd.diagonal, v: svd.rightSingularVectors };
}
