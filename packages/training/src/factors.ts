import type { Engine, Tensor } from '@perfit/tensorflow';
import type { GroupPlan } from './group-plan.js';

/** The adapters of a group's n adapted sites as one low-rank product: ΔW = B A. */
export interface Factors {
  /** `[n R, in]`: the sites' A stacked. */
  readonly A: Tensor;
  /** `[Σ out, n R]`: the sites' B (times σ) on the block diagonal; zero rows for sites that are not adapted. */
  readonly B: Tensor;
}

/** Stacks the slots of a group. `slots` are flat, in the order of the layout, B already times σ; borrowed. */
export function stackFactors(engine: Engine, plan: GroupPlan, slots: readonly Tensor[]): Factors {
  const { adapted, rank, in: width, out } = plan;
  const As = adapted.map(({ a }) => engine.reshape(slots[a]!, [rank, width]));
  const A = As.length === 1 ? As[0]! : engine.concat(As, 0);
  if (A !== As[0]) engine.dispose(...As);
  const blocks: Tensor[] = [];
  let row = 0;
  adapted.forEach((site, n) => {
    const block = engine.reshape(slots[site.b]!, [site.out, rank]);
    const last = n === adapted.length - 1;
    const above = site.begin - row;
    row = last ? out : site.begin + site.out;
    const below = row - site.begin - site.out;
    if (above === 0 && below === 0 && adapted.length === 1) {
      blocks.push(block);
      return;
    }
    blocks.push(
      engine.pad(block, [
        [above, below],
        [n * rank, (adapted.length - 1 - n) * rank],
      ]),
    );
    engine.dispose(block);
  });
  const B = blocks.length === 1 ? blocks[0]! : engine.concat(blocks, 0);
  if (B !== blocks[0]) engine.dispose(...blocks);
  return { A, B };
}

/** Cuts gradients of stacked factors back into flat slots, put into `pieces` by slot index. Borrows both. */
export function cutFactors(engine: Engine, plan: GroupPlan, { A, B }: Factors, pieces: (Tensor | undefined)[]): void {
  plan.adapted.forEach(({ a, b, begin, out }, n) => {
    const { rank, in: width } = plan;
    for (const [slot, whole, at, size] of [
      [a, A, [n * rank, 0], [rank, width]],
      [b, B, [begin, n * rank], [out, rank]],
    ] as const) {
      const block = engine.slice(whole, at, size);
      pieces[slot] = engine.reshape(block, [size[0] * size[1]]);
      engine.dispose(block);
    }
  });
}
