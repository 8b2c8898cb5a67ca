import { livePositions, pack } from '@perfit/lora';
import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import { checkScores } from '../check-scores.js';
import type { Granularity } from '../contract.js';
import { layersOf, liveFrom, upperPart } from '../layers.js';
import { nthLargest } from '../threshold.js';
import { weight } from './weight.js';

/** Sum of the `keep` largest scores. */
function bestSum(scores: Float32Array, keep: number): number {
  const { value, equal } = nthLargest(scores, keep);
  let sum = equal * value;
  for (let i = 0; i < scores.length; i++) if (scores[i] > value) sum += scores[i];
  return sum;
}

/**
 * The adapters below a layer d as one block that is pruned, single positions from d on: exactly min(keep, live) stay,
 * the best by score in the layers from d on. Of the depths whose layers hold that many, d is the one with the most
 * score by floating-point operation,
 *
 * V(d) / C(d),  V(d) = Σ of the `keep` best scores from d on,  C(d) = 6 · keep + Σ_j F_j + Σ_{j>d} F_j per token:
 *
 * the adapter's forward and two gradients, the frozen projections forward, and backward through those above layer d,
 * since a backward pass may end at d. V falls with d as C does: a block goes where it holds a smaller share of the
 * score than of the compute. Of equal depths the lower. F counts adapted projections only. Ours; a client's depth
 * depends on its data. Scores are ≥ 0, and should not be per FLOP already.
 *
 * @throws `not-a-number`, `size-mismatch`
 */
export function prefixWeight(): Granularity {
  return {
    name: 'prefix-weight',
    select: (selection) => {
      checkScores(selection);
      const { layout, scores, architecture, keep } = selection;
      if (keep >= architecture.live || keep <= 0) return weight().select(selection);
      const layers = layersOf(layout);
      const live = liveFrom(architecture, layers);
      const positions = livePositions(architecture);
      const left = pack(scores, architecture);
      let backward = layers.flops.reduce((sum, flops) => sum + flops, 0);
      const always = 6 * keep + backward;
      let best = { worth: Number.NEGATIVE_INFINITY, depth: 0 };
      for (let depth = 0; live[depth] >= keep; depth++) {
        backward -= layers.flops[depth];
        const worth = bestSum(left, keep) / (always + backward);
        if (worth > best.worth) best = { worth, depth };
        for (let i = 0; i < left.length; i++) if (layers.of[positions[i]] === depth) left[i] = Number.NEGATIVE_INFINITY;
      }
      return weight().select({ ...selection, architecture: upperPart(architecture, layers, best.depth) });
    },
  };
}

/** Registers {@link prefixWeight}. */
export const prefixWeightFactory = defineStrategy({
  kind: 'granularity',
  name: 'prefix-weight',
  summary: 'Single positions above a depth that has the most score by floating-point operation: exactly K stay.',
  optionsSchema: z.strictObject({}),
  conformance: { traits: { exact: true } },
  make: () => prefixWeight(),
});
