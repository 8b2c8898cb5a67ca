import type { Architecture } from '@perfit/lora';

/** Adds `weight · values` at the live positions of `mask`: sum[p_j] += weight · values[j], in f64. */
export function addScaled(sum: Float64Array, mask: Architecture, values: Float32Array, weight: number): void {
  const { bits } = mask;
  let next = 0;
  for (let byte = 0; byte < bits.length; byte++) {
    const live = bits[byte];
    if (live === 0) continue;
    const p = byte * 8;
    if (live === 0xff) for (let end = p + 8, q = p; q < end; q++) sum[q] += weight * values[next++];
    else
      for (let rest = live; rest; rest &= rest - 1) sum[p + 31 - Math.clz32(rest & -rest)] += weight * values[next++];
  }
}

/** Adds `weight` at the live positions of `mask`. */
export function addWeight(sum: Float64Array, mask: Architecture, weight: number): void {
  const { bits } = mask;
  for (let byte = 0; byte < bits.length; byte++) {
    const live = bits[byte];
    if (live === 0) continue;
    const p = byte * 8;
    if (live === 0xff) for (let end = p + 8, q = p; q < end; q++) sum[q] += weight;
    else for (let rest = live; rest; rest &= rest - 1) sum[p + 31 - Math.clz32(rest & -rest)] += weight;
  }
}
