import type { Product } from './product.js';

/** Multiplies by the frozen weight in its own dtype and by the thin factors in f32, and adds: N · out sums. */
export const beside: Product = {
  prepare: () => undefined,
  multiply: (engine, { weight, factors: { A, B } }, x) => {
    const frozen = engine.matmul(x, weight, { transposeB: true });
    const wide = engine.cast(x, 'f32');
    const u = engine.matmul(wide, A, { transposeB: true });
    const low = engine.matmul(u, B, { transposeB: true });
    const narrow = engine.cast(low, frozen.dtype);
    const y = engine.add(frozen, narrow);
    engine.dispose(frozen, wide, u, low, narrow);
    return y;
  },
};
