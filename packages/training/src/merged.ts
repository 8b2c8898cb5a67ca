import type { Product } from './product.js';

/**
 * Adds BA to the frozen weight before multiplying: out · in sums however many tokens follow, and one product over the
 * tokens. For f32 only: bf16 keeps 8 bits of the sum, and most of BA would be lost.
 */
export const merged: Product = {
  prepare: (engine, weight, { A, B }) => {
    const change = engine.matmul(B, A);
    const sum = engine.add(weight, change);
    engine.dispose(change);
    return sum;
  },
  multiply: (engine, { prepared }, x) => engine.matmul(x, prepared!, { transposeB: true }),
};
