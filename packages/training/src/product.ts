import type { Engine, Tensor } from '@perfit/tensorflow';
import type { Factors } from './factors.js';

/** A group's frozen weight with its adapter. */
interface AdaptedWeight {
  /** Frozen, `[Σ out, in]`, f32 or bf16. */
  readonly weight: Tensor;
  /** f32 */
  readonly factors: Factors;
  /** What `prepare` made, if it made anything. */
  readonly prepared: Tensor | undefined;
}

/** How the frozen product and the adapter's are computed together. All operands are borrowed. */
export interface Product {
  /** Made once per values of the adapter; owned by the caller. */
  readonly prepare: (engine: Engine, weight: Tensor, factors: Factors) => Tensor | undefined;
  /** x `[N, in]` → y = x (W + BA)ᵀ `[N, Σ out]`, in x's dtype. */
  readonly multiply: (engine: Engine, adapted: AdaptedWeight, x: Tensor) => Tensor;
}
