import type { DType, Tensor } from '@perfit/tensorflow';
import type { ScopedEngine } from '../scope.js';

/** Angles of T positions, both halves of a head in one row: cos and the signed sin, `[T, D]`. */
export interface Rotation {
  readonly cos: Tensor;
  /** −sin for the first half, sin for the second. */
  readonly sin: Tensor;
}

/**
 * Tables for the positions `from` to `from + length − 1`, times `scale`: attention's 1/√D costs nothing in q's tables.
 * The caller owns them.
 */
export function rotationTables(
  e: ScopedEngine,
  frequencies: Float64Array,
  positions: { readonly from: number; readonly length: number },
  scale: number,
  dtype: DType,
): Rotation {
  const half = frequencies.length;
  const shape = [positions.length, 2 * half];
  const cos = new Float32Array(positions.length * 2 * half);
  const sin = new Float32Array(cos.length);
  for (let row = 0; row < positions.length; row++)
    for (let i = 0; i < half; i++) {
      const angle = (positions.from + row) * frequencies[i];
      const at = row * 2 * half + i;
      cos[at] = cos[at + half] = scale * Math.cos(angle);
      sin[at + half] = scale * Math.sin(angle);
      sin[at] = -sin[at + half];
    }
  return e.tidy(() => ({ cos: e.as(e.upload(cos, shape), dtype), sin: e.as(e.upload(sin, shape), dtype) }));
}

/** The halves of every head exchanged. */
function swapHalves(e: ScopedEngine, x: Tensor): Tensor {
  const axis = x.shape.length - 1;
  const half = x.shape[axis] / 2;
  return e.tidy(() => {
    const [first, second] = e.split(x, [half, half], axis);
    return e.concat([second, first], axis);
  });
}

/** Rotary embedding (Su et al. 2021), Hugging Face's pairing: x `[…, T, D]` → x ∘ cos + swap(x) ∘ sin. Borrows x. */
export function rotate(e: ScopedEngine, { cos, sin }: Rotation, x: Tensor): Tensor {
  return e.tidy(() => e.add(e.mul(x, cos), e.mul(swapHalves(e, x), sin)));
}

/** The backward of {@link rotate}: its transpose, dy ∘ cos − swap(dy) ∘ sin, which needs nothing saved. Borrows dy. */
export function rotateBackward(e: ScopedEngine, { cos, sin }: Rotation, dy: Tensor): Tensor {
  return e.tidy(() => e.sub(e.mul(dy, cos), e.mul(swapHalves(e, dy), sin)));
}
