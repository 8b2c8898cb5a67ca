import type { Engine, Tensor } from '@perfit/tensorflow';
import type { GroupPlan } from './group-plan.js';

/** The adapters of a group's n adapted sites as one low-rank product: ΔW = B A. */
export interface Factors {
  /** `[Σ R, in]`: the sites' A stacked. */
  readonly A: Tensor;
  /** `[Σ out, Σ R]`: the sites' B (times σ) on the block diagonal; zero rows for sites that are not adapted. */
  readonly B: Tensor;
}

/** Stacks the slots of a group. `slots` are flat, in the order of the layout, B already times σ; borrowed. */
export function stackFactors(engine: Engine, plan: GroupPlan, slots: readonly Tensor[]): Factors {
  const { adapted, rank: ranks, in: width, out: outs } = plan;
  const A = adapted.map(({ a, rank }) => engine.reshape(slots[a]!, [rank, width]));
  const B = adapted.map(({ b, begin, out, rank, low }, n) => {
    const block = engine.reshape(slots[b]!, [out, rank]);
    if (adapted.length === 1 && out === outs) return block;
    // Zero rows for what is not adapted: above the first block, and below each up to the next.
    const above = n === 0 ? begin : 0;
    const below = (adapted[n + 1]?.begin ?? outs) - begin - out;
    const padded = engine.pad(block, [
      [above, below],
      [low, ranks - low - rank],
    ]);
    engine.dispose(block);
    return padded;
  });
  return { A: join(engine, A), B: join(engine, B) };
}

/** Rows of all. Consumes. */
function join(engine: Engine, parts: readonly Tensor[]): Tensor {
  if (parts.length === 1) return parts[0]!;
  const whole = engine.concat(parts, 0);
  engine.dispose(...parts);
  return whole;
}

/** Cuts gradients of stacked factors back into flat slots, put into `pieces` by slot index. Borrows both. */
export function cutFactors(engine: Engine, plan: GroupPlan, { A, B }: Factors, pieces: (Tensor | undefined)[]): void {
  for (const { a, b, begin, out, rank, low } of plan.adapted) {
    for (const [slot, whole, at, size] of [
      [a, A, [low, 0], [rank, plan.in]],
      [b, B, [begin, low], [out, rank]],
    ] as const) {
      const block = engine.slice(whole, at, size);
      pieces[slot] = engine.reshape(block, [size[0] * size[1]]);
      engine.dispose(block);
    }
  }
}
