import type { DType, Tensor } from '@perfit/tensorflow';
import type { ScopedEngine } from '../scope.js';

/** What the backward of a norm needs: its input `[N, H]` and the inverse root mean squares `[N, 1]`, both f32. */
export interface NormSaved {
  readonly x: Tensor;
  readonly inverse: Tensor;
}

/** y = w ∘ x / √(mean(x²) + ε), per row (Zhang & Sennrich 2019). Every function borrows what it is given. */
export interface RmsNorm {
  /** x `[N, H]` f32 → y in the block's element type, and what the backward needs besides x. */
  readonly forward: (x: Tensor) => readonly [y: Tensor, inverse: Tensor];
  /** y again, from what was saved. */
  readonly normalise: (saved: NormSaved) => Tensor;
  /** dy → dx `[N, H]` f32: with g = w ∘ dy and s the inverse, dx = s (g − x s² mean(g ∘ x)). */
  readonly backward: (saved: NormSaved, dy: Tensor) => Tensor;
  /** dy → dw `[H]`. */
  readonly weightGradient: (saved: NormSaved, dy: Tensor) => Tensor;
}

/** A norm with the weight `[H]` f32, whose y has the element type `dtype`. */
export function rmsNorm(e: ScopedEngine, weight: Tensor, epsilon: number, dtype: DType): RmsNorm {
  const normalise: RmsNorm['normalise'] = ({ x, inverse }) =>
    e.tidy(() => e.as(e.mul(e.mul(x, inverse), weight), dtype));
  return {
    forward: (x) =>
      e.tidy(() => {
        const inverse = e.rsqrt(e.add(e.mean(e.square(x), 1, true), e.scalar(epsilon)));
        return [normalise({ x, inverse }), inverse];
      }),
    normalise,
    backward: ({ x, inverse }, dy) =>
      e.tidy(() => {
        const g = e.mul(e.as(dy, 'f32'), weight);
        const along = e.mul(e.mean(e.mul(g, x), 1, true), e.square(inverse)); // [N, 1]
        return e.mul(e.sub(g, e.mul(x, along)), inverse);
      }),
    weightGradient: ({ x, inverse }, dy) => e.tidy(() => e.sum(e.mul(e.as(dy, 'f32'), e.mul(x, inverse)), 0)),
  };
}
