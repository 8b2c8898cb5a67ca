import type { Engine, Tensor } from '@perfit/tensorflow';
import type { Factors } from './factors.js';

/** What the gradients of one group's factors are made of; borrowed. */
export interface TapInput {
  /** `[N, in]` */
  readonly x: Tensor;
  /** `[N, Σ out]` */
  readonly dy: Tensor;
  readonly factors: Factors;
}

/** t = dy B `[N, Σ R]` f32, and gradients with respect to stacked factors. Blocks of dB off the diagonal mean nothing. */
export interface FactorGradients {
  readonly t: Tensor;
  readonly gradient: Factors;
  /** Σ_j (∂ℓ_j/∂w)², where examples were asked for. */
  readonly squared?: Factors;
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

/** dA = tᵀ x, dB = dyᵀ (x Aᵀ). */
export function factorGradients(engine: Engine, { x, dy, factors }: TapInput): FactorGradients {
  const { t, dA: A, dB: B } = engine.lowRankGradients({ x, ...factors }, dy);
  return { t, gradient: { A, B } };
}

/** The same gradients, made of one product per example, and their squares beside them: no extra backward pass. */
export function exampleGradients(
  engine: Engine,
  { x, dy, factors }: TapInput,
  { starts, squares }: ExampleSegments,
): FactorGradients {
  const [wideX, wideD] = [engine.cast(x, 'f32'), engine.cast(dy, 'f32')];
  const t = engine.matmul(wideD, factors.B);
  const u = engine.lowRankInput(x, factors.A);
  const A = engine.segmentProducts(t, wideX, starts, squares);
  const B = engine.segmentProducts(wideD, u, starts, squares);
  engine.dispose(wideX, wideD, u);
  return { t, gradient: { A: A.sum, B: B.sum }, squared: { A: A.squares, B: B.squares } };
}
