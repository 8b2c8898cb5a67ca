import type { Engine, Tensor } from '@perfit/tensorflow';
import type { Factors } from './factors.js';

/** What the gradients of one group's factors are made of; all f32, borrowed. */
export interface TapInput {
  /** `[N, in]` */
  readonly x: Tensor;
  /** `[N, Σ out]` */
  readonly dy: Tensor;
  /** t = dy B `[N, Σ R]` */
  readonly t: Tensor;
  readonly factors: Factors;
}

/** Rows of a batch as examples: how each row's part of a gradient becomes its example's own. */
export interface ExampleRows {
  readonly rows: number;
  readonly length: number;
  /** `[rows, 1, 1]` f32: c_b, such that ∂ℓ_b/∂w = √c_b · (row b's part of ∂L/∂w). */
  readonly squares: Tensor;
}

/** Gradients with respect to stacked factors: dA = tᵀ x, dB = dyᵀ (x Aᵀ). Blocks of dB off the diagonal mean nothing. */
export function factorGradients(engine: Engine, { x, dy, t, factors }: TapInput): Factors {
  const u = engine.matmul(x, factors.A, { transposeB: true });
  const A = engine.matmul(t, x, { transposeA: true });
  const B = engine.matmul(dy, u, { transposeA: true });
  engine.dispose(u);
  return { A, B };
}

/** The same gradients, made of one product per row, and Σ_b (∂ℓ_b/∂w)² beside them: no extra backward pass. */
export function exampleGradients(
  engine: Engine,
  { x, dy, t, factors }: TapInput,
  { rows, length, squares }: ExampleRows,
): { readonly gradient: Factors; readonly squared: Factors } {
  const byRow = (matrix: Tensor) => engine.reshape(matrix, [rows, length, matrix.shape[1]!]);
  const u = engine.matmul(x, factors.A, { transposeB: true });
  const part = (left: Tensor, right: Tensor) => {
    const [l, r] = [byRow(left), byRow(right)];
    const parts = engine.batchMatmul(l, r, { transposeA: true });
    const gradient = engine.sum(parts, 0);
    const square = engine.square(parts);
    const scaled = engine.mul(square, squares);
    const squared = engine.sum(scaled, 0);
    engine.dispose(l, r, parts, square, scaled);
    return { gradient, squared };
  };
  const A = part(t, x);
  const B = part(dy, u);
  engine.dispose(u);
  return { gradient: { A: A.gradient, B: B.gradient }, squared: { A: A.squared, B: B.squared } };
}
