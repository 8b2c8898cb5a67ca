import type { Site } from './contract.js';

/** A site as its name and its shape tell; a name without a layer's number is in layer 0. */
export function inferSite(name: string, columns: number, out: number): Site {
  const layer = Number(/\.(\d+)\./.exec(name)?.[1] ?? 0);
  return { name, layer, in: columns, out, flops: 2 * columns * out };
}
