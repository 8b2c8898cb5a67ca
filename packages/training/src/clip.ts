import type { Engine, Tensor } from '@perfit/tensorflow';

/**
 * Scales a flat gradient down to a global norm of at most `clip`, on the device, as PyTorch's `clip_grad_norm_`:
 * g · min(1, c / (‖g‖ + 1e-6)). Consumes the gradient.
 */
export function clipGradient(engine: Engine, gradient: Tensor, clip: number): Tensor {
  const squares = engine.square(gradient);
  const sum = engine.sum(squares, 0);
  const root = engine.sqrt(sum);
  const norm = engine.add(root, engine.scalar(1e-6));
  // c / max(c, n), with max(c, n) = (c + n + |c − n|) / 2: the engine has no minimum, and no host read is wanted here.
  const limit = engine.scalar(clip);
  const total = engine.add(norm, limit);
  const apart = engine.sub(norm, limit);
  const distance = engine.abs(apart);
  const twice = engine.add(total, distance);
  const factor = engine.div(engine.scalar(2 * clip), twice);
  const clipped = engine.mul(gradient, factor);
  engine.dispose(squares, sum, root, norm, total, apart, distance, twice, factor, gradient);
  return clipped;
}
