import type { Engine, Tensor } from '@perfit/tensorflow';

/** Mean of losses `[M]` on the host: the one read of a step. Consumes. */
export function meanOf(engine: Engine, losses: Tensor): number {
  const mean = engine.mean(losses, 0);
  const [value] = engine.download(mean);
  engine.dispose(losses, mean);
  return value!;
}
