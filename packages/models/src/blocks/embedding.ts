import type { PackedMatrix, Tensor } from '@perfit/tensorflow';
import type { ScopedEngine } from '../scope.js';

/** Rows of the table `[V, H]` at `ids [N]`, widened to f32. Borrows both. */
export function embed(e: ScopedEngine, table: PackedMatrix, ids: Tensor): Tensor {
  return e.tidy(() => e.as(e.packedRows(table, ids), 'f32'));
}

/** The backward of {@link embed}: dx `[N, H]` → the table's gradient `[V, H]`. Borrows both. */
export function embedBackward(e: ScopedEngine, ids: Tensor, dx: Tensor, vocabulary: number): Tensor {
  return e.scatterAdd(ids, dx, vocabulary);
}
