import { architectureFrom, difference } from '@perfit/lora';
import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import type { LocalUpdate } from './contract.js';
import { errors } from './errors.js';
import { rankTail, tailSize } from './rank-tail.js';

/** Options of {@link rankDecayUpdate}. */
export interface RankDecayOptions {
  /** γ ∈ (0, 1): the part of a site's components that is not its tail. Default 0.99. */
  readonly gamma?: number;
  /** λ ≥ 0, how strongly tails are pulled towards 0. Default 0.01. */
  readonly lambda?: number;
}

/** Keeps 0 / 0 a 0. */
const LEAST = 1e-12;

/**
 * HetLoRA's rank self-pruning (Cho et al. 2024): of a client with r components the last ones, from γ r on, are its tail.
 * The loss gains
 *
 *     λ Σ_sites ‖B_tail‖_F ‖A_tail‖_F,   so the gradient of A_tail gains λ ‖B_tail‖ / ‖A_tail‖ · A_tail, and B_tail likewise,
 *
 * and where that sum is smaller after the round than it was in what the client received, the tail is pruned for good.
 * Ours: the sum over the sites, where the paper has one; ⌊γ r⌋ components stay, at least one; r counts a site's live
 * components; both defaults. A tail that is 0 to begin with, as under LoRA's own start, is not smaller afterwards.
 *
 * The server's part is the aggregator `het-lora`.
 *
 * @throws `training/bad-option`
 */
export function rankDecayUpdate({ gamma = 0.99, lambda = 0.01 }: RankDecayOptions = {}): LocalUpdate {
  if (!(gamma > 0 && gamma < 1))
    throw errors.make('bad-option', { what: `gamma is ${gamma}`, cure: 'Use a number between 0 and 1' });
  if (!(lambda >= 0 && Number.isFinite(lambda)))
    throw errors.make('bad-option', { what: `lambda is ${lambda}`, cure: 'Use 0 or a positive number' });
  return {
    name: 'rank-decay',
    prepare: (engine, { layout, architecture }) => {
      const { positions, groups, count } = rankTail(layout, architecture, gamma);
      if (positions.length === 0) return {};
      return {
        tail: engine.upload(positions, [positions.length]),
        group: engine.upload(groups, [positions.length]),
        partner: engine.upload(
          Int32Array.from({ length: count }, (_, group) => group ^ 1),
          [count],
        ),
      };
    },
    correct: (engine, { gradient, values, vectors }) => {
      const { tail, group, partner } = vectors;
      if (!tail || !group || !partner) return gradient;
      const weights = engine.gather(values, tail);
      const squares = engine.square(weights);
      const sums = engine.segmentSum(squares, group, partner.shape[0]!);
      const norms = engine.sqrt(sums);
      const others = engine.gather(norms, partner);
      const least = engine.add(norms, engine.scalar(LEAST));
      const ratios = engine.div(others, least);
      const factors = engine.gather(ratios, group);
      const pulls = engine.mul(weights, factors);
      const scaled = engine.mul(pulls, engine.scalar(lambda));
      const penalty = engine.scatterAdd(tail, scaled, gradient.shape[0]!);
      const sum = engine.add(gradient, penalty);
      engine.dispose(weights, squares, sums, norms, others, least, ratios, factors, pulls, scaled, penalty, gradient);
      return sum;
    },
    conclude: ({ layout, architecture, start, values }) => {
      const tail = rankTail(layout, architecture, gamma);
      if (!(tailSize(tail, values) < tailSize(tail, start))) return {};
      return { architecture: difference(architecture, architectureFrom(layout.size, tail.positions)) };
    },
  };
}

/** `rank-decay` in a configuration. */
export const rankDecayUpdateFactory = defineStrategy({
  kind: 'localUpdate',
  name: 'rank-decay',
  summary: 'HetLoRA: pulls the last rank components towards 0, and prunes them where they shrank.',
  optionsSchema: z.strictObject({
    gamma: z.number().gt(0).lt(1).default(0.99),
    lambda: z.number().nonnegative().default(0.01),
  }),
  make: rankDecayUpdate,
});
