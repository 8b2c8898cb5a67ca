import { type Architecture, isLive, type Layout } from '@perfit/lora';
import { errors } from './errors.js';

/** Shares of the live positions of each factor whose score is exactly 0; `undefined` where a factor has none live. */
export interface ZeroShare {
  readonly A: number | undefined;
  readonly B: number | undefined;
}

/** Counts scores that are exactly 0 over the live positions of A and of B. */
export function zeroShare(layout: Layout, scores: Float32Array, architecture: Architecture): ZeroShare {
  const live = { A: 0, B: 0 };
  const zero = { A: 0, B: 0 };
  for (const { factor, offset, size } of layout.slots) {
    let [some, none] = [0, 0];
    for (let position = offset; position < offset + size; position++) {
      if (!isLive(architecture, position)) continue;
      some++;
      if (scores[position] === 0) none++;
    }
    live[factor] += some;
    zero[factor] += none;
  }
  return { A: live.A ? zero.A / live.A : undefined, B: live.B ? zero.B / live.B : undefined };
}

/**
 * Refuses to prune by scores that all vanish in one factor ("Measurement Vanishing", arXiv 2402.16919).
 *
 * @throws `vanishing-scores`
 */
export function refuseVanishing(share: ZeroShare, importance: string): void {
  const vanished = (['A', 'B'] as const).filter((factor) => share[factor] === 1);
  if (vanished.length)
    throw errors.make('vanishing-scores', {
      what: `every score of ${vanished.join(' and of ')} under the importance "${importance}" is exactly 0 (Measurement Vanishing)`,
      cure: 'Start from the initialization symmetric (zero has B = 0), or allow vanishing scores for the experiment',
    });
}
