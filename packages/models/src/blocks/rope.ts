import type { Rotation, Tensor } from '@perfit/tensorflow';
import type { ScopedEngine } from '../scope.js';

/** Angles of RoPE at the positions `past` to `past + length − 1`: cos and sin `[T, D/2]` f32, owned by the caller. */
export function rotationOf(e: ScopedEngine, frequencies: Float64Array, past: number, length: number): Rotation {
  const half = frequencies.length;
  const angles = Float64Array.from(
    { length: length * half },
    (_, at) => (past + Math.floor(at / half)) * frequencies[at % half],
  );
  return {
    cos: e.upload(Float32Array.from(angles, Math.cos), [length, half]),
    sin: e.upload(Float32Array.from(angles, Math.sin), [length, half]),
  };
}

/** Rotary embedding (Su et al. 2021) with Hugging Face's pairing of halves: turns x `[…, T, D]`. Borrows x. */
export function rotate(e: ScopedEngine, { cos, sin }: Rotation, x: Tensor): Tensor {
  const axis = x.shape.length - 1;
  const half = x.shape[axis] / 2;
  return e.tidy(() => {
    const [first, second] = e.split(e.as(x, 'f32'), [half, half], axis);
    const turned = [e.sub(e.mul(first, cos), e.mul(second, sin)), e.add(e.mul(second, cos), e.mul(first, sin))];
    return e.as(e.concat(turned, axis), x.dtype);
  });
}
