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

/** Where examples lie in the rows of a product, and how each one's part of a gradient becomes its own. */
export interface ExampleSegments {
  /** `[examples + 1]`: example j has the rows from `starts[j]` to before `starts[j + 1]`, at least one. */
  readonly starts: Int32Array;
  /** `[examples]` f32: c_j, such that ∂ℓ_j/∂w = √c_j · (example j's part of ∂L/∂w). */
  readonly squares: Tensor;
}

/** The examples of a batch, in products over all its tokens and in those over its loss positions alone (the last layer's). */
export interface BatchSegments {
  readonly tokens: ExampleSegments;
  readonly losses: ExampleSegments;
}

/** The segments of a product by its number of rows: the last token of an example carries no loss, so the two differ. */
export function segmentsOf({ tokens, losses }: BatchSegments, rows: number): ExampleSegments {
  return tokens.starts.at(-1) === rows ? tokens : losses;
}

/** Gradients with respect to stacked factors: dA = tᵀ x, dB = dyᵀ (x Aᵀ). Blocks of dB off the diagonal mean nothing. */
export function factorGradients(engine: Engine, { x, dy, t, factors }: TapInput): Factors {
  const u = engine.matmul(x, factors.A, { transposeB: true });
  const A = engine.matmul(t, x, { transposeA: true });
  const B = engine.matmul(dy, u, { transposeA: true });
  engine.dispose(u);
  return { A, B };
}

/** The same gradients, made of one product per example, and Σ_j (∂ℓ_j/∂w)² beside them: no extra backward pass. */
export function exampleGradients(
  engine: Engine,
  { x, dy, t, factors }: TapInput,
  { starts, squares }: ExampleSegments,
): { readonly gradient: Factors; readonly squared: Factors } {
  const u = engine.matmul(x, factors.A, { transposeB: true });
  const A = engine.segmentProducts(t, x, starts, squares);
  const B = engine.segmentProducts(dy, u, starts, squares);
  engine.dispose(u);
  return { gradient: { A: A.sum, B: B.sum }, squared: { A: A.squares, B: B.squares } };
}
