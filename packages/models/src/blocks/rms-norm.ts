import type { DType, RmsNormSaved, Tensor } from '@perfit/tensorflow';
import type { ScopedEngine } from '../scope.js';

/** y = w ∘ x / √(mean(x²) + ε), per row (Zhang & Sennrich 2019). Every function borrows what it is given. */
export interface RmsNorm {
  /** x `[N, H]` f32 → y in the block's element type, and what the backward needs. */
  readonly forward: (x: Tensor) => readonly [y: Tensor, saved: RmsNormSaved];
  /** y again: cheaper to compute than to keep. */
  readonly normalise: (saved: RmsNormSaved) => Tensor;
  /** dy → dx `[N, H]` f32, plus `residual` of the same shape. */
  readonly backward: (saved: RmsNormSaved, dy: Tensor, residual?: Tensor) => Tensor;
  /** dy → dw `[H]`. */
  readonly weightGradient: (saved: RmsNormSaved, dy: Tensor) => Tensor;
}

/** A norm with the weight `[H]` f32, whose y has the element type `dtype`. */
export function rmsNorm(e: ScopedEngine, weight: Tensor, epsilon: number, dtype: DType): RmsNorm {
  return {
    forward: (x) => {
      const { y, inverse } = e.rmsNorm(x, weight, epsilon, dtype);
      return [y, { x, inverse, weight }];
    },
    normalise: ({ x }) => e.tidy(() => e.rmsNorm(x, weight, epsilon, dtype).y),
    backward: (saved, dy, residual) => e.rmsNormBackward(saved, dy, residual),
    weightGradient: ({ x, inverse }, dy) => e.tidy(() => e.sum(e.mul(e.as(dy, 'f32'), e.mul(x, inverse)), 0)),
  };
}
