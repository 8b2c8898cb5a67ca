import { defineStrategy } from '@perfit/strategy';
import { z } from 'zod';
import { forEachColumn } from '../columns.js';
import type { Aggregator } from '../contract.js';
import { checkOption } from '../option-range.js';
import { type RobustOptions, robustAggregator, type Upload } from '../robust.js';

/** Options of {@link centredClipping}. */
export interface CentredClippingOptions extends RobustOptions {
  /** τ: the L2 norm, over a client's mask, that a change may have; best just above that of an honest one. Default 10. */
  readonly radius?: number;
  /** Default 1, which the paper finds enough. */
  readonly iterations?: number;
}

/**
 * Centred clipping (Karimireddy et al. 2021): from the centre v = g, `iterations` times
 *
 *     v ← v + mean_i (θ_i − v) · min(1, τ / ‖θ_i − v‖)
 *
 * so that with full masks nobody moves it by more than τ / n. The paper centres on the last aggregate of worker momenta; here that is g,
 * and what is clipped is a client's change of it (ours), its norm taken over the client's mask, the mean over the
 * holders of each position. Without clipping this is the plain mean over holders. Weights, memory and state as
 * {@link robustAggregator} has them.
 *
 * @throws `aggregation/bad-option`
 */
export function centredClipping({ radius = 10, iterations = 1, ...options }: CentredClippingOptions = {}): Aggregator {
  checkOption('radius', radius, radius > 0, 'a number above 0');
  checkOption(
    'iterations',
    iterations,
    Number.isSafeInteger(iterations) && iterations >= 1,
    'a whole number from 1 up',
  );
  return robustAggregator('centred-clipping', options, (uploads, point) => {
    const centre = Float64Array.from(point);
    for (let i = 0; i < iterations; i++) move(centre, uploads, radius);
    const combined = new Float64Array(point.length).fill(Number.NaN);
    forEachColumn(uploads, point.length, (p) => {
      combined[p] = centre[p];
    });
    return combined;
  });
}

/** One iteration, in place. */
function move(centre: Float64Array, uploads: readonly Upload[], radius: number): void {
  const squares = new Float64Array(uploads.length);
  forEachColumn(uploads, centre.length, (p, column, count, who) => {
    for (let k = 0; k < count; k++) squares[who[k]] += (column[k] - centre[p]) ** 2;
  });
  const keep = squares.map((square) => Math.min(1, radius / Math.sqrt(square)));
  forEachColumn(uploads, centre.length, (p, column, count, who) => {
    let sum = 0;
    for (let k = 0; k < count; k++) sum += keep[who[k]] * (column[k] - centre[p]);
    centre[p] += sum / count;
  });
}

/** Factory of {@link centredClipping}. */
export const centredClippingFactory = defineStrategy({
  kind: 'aggregator',
  name: 'centred-clipping',
  summary: 'Robust: the mean of all changes, each cut to a radius, unweighted.',
  optionsSchema: z.strictObject({
    radius: z.number().gt(0).default(10),
    iterations: z.int().min(1).default(1),
    minHolders: z.int().min(1).default(1),
  }),
  conformance: { traits: { weighted: false } },
  make: centredClipping,
});
