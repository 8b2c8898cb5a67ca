import type { Architecture } from '@perfit/lora';

/** Adds n · values at the live positions of `mask`: sum[p_j] += n · values[j], in f64. */
export function addScaled(sum: Float64Array, mask: Architecture, values: Float32Array, n: number): void {
  const { bits } = mask;
  let next = 0;
  for (let byte = 0; byte < bits.length; byte++) {
    const live = bits[byte];
    if (live === 0) continue;
    const p = byte * 8;
    if (live === 0xff) for (let q = p; q < p + 8; q++) sum[q] += n * values[next++];
    else for (let rest = live; rest; rest &= rest - 1) sum[p + 31 - Math.clz32(rest & -rest)] += n * values[next++];
  }
}

/** {@link addScaled}, adding n to `weight` at the same positions: one walk over the mask serves both. */
export function addWeighted(
  sum: Float64Array,
  weight: Float64Array,
  mask: Architecture,
  values: Float32Array,
  n: number,
): void {
  const { bits } = mask;
  let next = 0;
  for (let byte = 0; byte < bits.length; byte++) {
    const live = bits[byte];
    if (live === 0) continue;
    const p = byte * 8;
    if (live === 0xff)
      for (let q = p; q < p + 8; q++) {
        sum[q] += n * values[next++];
        weight[q] += n;
      }
    else
      for (let rest = live; rest; rest &= rest - 1) {
        const q = p + 31 - Math.clz32(rest & -rest);
        sum[q] += n * values[next++];
        weight[q] += n;
      }
  }
}
