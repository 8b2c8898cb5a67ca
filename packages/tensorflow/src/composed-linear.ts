import type { LowRankTerm, PackedMatrix, Tensor } from './contract.js';
import type { FrozenProducts, Primitives } from './primitives.js';
import { requireLinear, requireMatrix } from './shapes.js';

/** Products with a frozen matrix as TensorFlow's own: the matrix lies as it is, and the low-rank term is added after. */
export function composedLinear(e: Primitives): FrozenProducts {
  const plus = (product: Tensor, term: LowRankTerm | undefined, transposeB: boolean): Tensor => {
    if (!term) return product;
    const low = e.matmul(term.left, term.right, { transposeB });
    const narrow = e.cast(low, product.dtype);
    const sum = e.add(product, narrow);
    e.dispose(product, low, narrow);
    return sum;
  };
  return {
    pack: (matrix): PackedMatrix => {
      const shape = requireMatrix('pack', matrix);
      return { tensor: e.cast(matrix, matrix.dtype), shape, dtype: matrix.dtype };
    },
    packedRows: ({ tensor }, indices) => e.gather(tensor, indices),
    linear: (x, matrix, term) => {
      requireLinear('linear', x, matrix, term, { inner: 1 });
      return plus(e.matmul(x, matrix.tensor, { transposeB: true }), term, true);
    },
    linearBackward: (dy, matrix, term) => {
      requireLinear('linearBackward', dy, matrix, term, { inner: 0 });
      return plus(e.matmul(dy, matrix.tensor), term, false);
    },
  };
}
