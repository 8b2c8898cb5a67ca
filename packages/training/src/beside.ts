import type { Product } from './product.js';

/** Multiplies by the frozen weight and by the thin factors, and adds: two thin products and one sum over the tokens. */
export const beside: Product = {
  prepare: () => undefined,
  forward: (engine, { weight, factors: { A, B } }, x) => {
    const frozen = engine.matmul(x, weight, { transposeB: true });
    const u = engine.matmul(x, A, { transposeB: true });
    const low = engine.matmul(u, B, { transposeB: true });
    const y = engine.add(frozen, low);
    engine.dispose(frozen, u, low);
    return y;
  },
  backward: (engine, { weight, factors: { A } }, dy, t) => {
    const frozen = engine.matmul(dy, weight);
    const low = engine.matmul(t, A);
    const dx = engine.add(frozen, low);
    engine.dispose(frozen, low);
    return dx;
  },
};
