import type { Layout, LowRankFactor } from './contract.js';
import { slotsBySite } from './layout.js';

/**
 * The adapter of every site as a change of its frozen weight, ΔW = σ B A: the scale goes into B.
 *
 * @param values θ, length P; A is a view of it.
 * @param scale σ; −σ takes the adapter out again.
 */
export function lowRankFactors(layout: Layout, values: Float32Array, scale: number): readonly LowRankFactor[] {
  return slotsBySite(layout).map(({ site, A, B }) => ({
    site: site.name,
    rank: A.rows,
    A: values.subarray(A.offset, A.offset + A.size),
    B: values.slice(B.offset, B.offset + B.size).map((value) => scale * value),
  }));
}
