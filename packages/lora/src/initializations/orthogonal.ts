import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import { centredDraws, normalDraws, writeComponent } from '../components.js';
import type { Initialization } from '../contract.js';
import { errors } from '../errors.js';
import { type SiteSlots, slotsBySite } from '../layout.js';
import { addScaled, orthonormalBasis, type Vector } from '../orthonormal-basis.js';

/** Options of {@link orthogonal}. */
export interface OrthogonalOptions {
  /** Standard deviation of the drawn factors. Default 0.1, PEFT's. */
  readonly std?: number;
  /**
   * Even number of components that share one Q. Default: the whole rank, as in PEFT. With a number, a rank that is a
   * multiple of it is a prefix of every larger one, and its BA is 0 as well: for clients of different ranks. Ours.
   */
  readonly block?: number | undefined;
}

/** Components `from` to `from + size − 1` of a site: rows of A, columns of B. */
function drawBlock(size: number, { site }: SiteSlots, draw: () => number, std: number) {
  const vector = (length: number) => new Float64Array(length).map(draw);
  const Q = orthonormalBasis(draw);
  while (Q.vectors.length < size) Q.add(vector(size));
  const halves = Array.from({ length: size / 2 }, () => ({ g: vector(site.in), h: vector(site.out) }));
  return Array.from({ length: size }, (_, k) => {
    const [row, column]: [Vector, Vector] = [new Float64Array(site.in), new Float64Array(site.out)];
    halves.forEach(({ g, h }, i) => {
      addScaled(row, std * Q.vectors[2 * i][k], g);
      addScaled(column, std * Q.vectors[2 * i + 1][k], h);
    });
    return { row, column };
  });
}

/**
 * PEFT's `orthogonal`: a random orthonormal Q `[R, R]`, A = s (G Q₁)ᵀ and B = s H Q₂, where Q₁ and Q₂ are Q's
 * alternate rows `[R/2, R]`, and G `[in, R/2]`, H `[out, R/2]` are drawn from N(0, 1). Since Q₂Q₁ᵀ = 0, BA is 0 to f32
 * rounding while no entry is, so that no Taylor score vanishes. Each factor has rank R/2.
 *
 * From datta0.github.io/posts/rethink-lora-init by way of PEFT; A's own rows are not orthonormal in it. A lower rank within R
 * does not start at the frozen model unless `block` divides it.
 *
 * @throws `odd-rank`
 * @example
 * orthogonal().initialize({ layout, random, scale: 2, frozen });
 */
export function orthogonal({ std = 0.1, block }: OrthogonalOptions = {}): Initialization {
  return {
    name: 'orthogonal',
    initialize: ({ layout, random }) => {
      const values = new Float32Array(layout.size);
      for (const slots of slotsBySite(layout)) {
        const rank = slots.A.rows;
        if (rank % 2 === 1)
          throw errors.make('odd-rank', {
            what: `the orthogonal start pairs ranks, and "${slots.site.name}" has rank ${rank}`,
            cure: 'Choose rank and expansion so that rank · expansion is even',
          });
        const draw = normalDraws(centredDraws(random), 1);
        for (let from = 0; from < rank; ) {
          const drawn = drawBlock(Math.min(block ?? rank, rank - from), slots, draw, std);
          for (const component of drawn) writeComponent(values, slots, from++, component);
        }
      }
      return { values, subtracted: false };
    },
  };
}

/** Registers {@link orthogonal}. */
export const orthogonalFactory = defineStrategy({
  kind: 'initialization',
  name: 'orthogonal',
  summary: 'PEFT’s: A and B drawn over orthogonal halves of the rank, so that BA is 0 while no entry is.',
  optionsSchema: z.strictObject({
    std: z.number().positive().default(0.1),
    block: z.int().positive().multipleOf(2).optional(),
  }),
  make: orthogonal,
});
