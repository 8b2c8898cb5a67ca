import type { Product } from './product.js';

/**
 * Adds BA to the frozen weight before multiplying: 2 R Σout in operations however many tokens follow, and one product
 * in each direction. For f32: bf16 keeps 8 bits of the sum, and most of BA would be lost.
 */
export const merged: Product = {
  prepare: (engine, weight, { A, B }) => {
    const change = engine.matmul(B, A);
    const sum = engine.add(weight, change);
    engine.dispose(change);
    return sum;
  },
  forward: (engine, { prepared }, x) => engine.matmul(x, prepared!, { transposeB: true }),
  backward: (engine, { prepared }, dy) => engine.matmul(dy, prepared!),
};
