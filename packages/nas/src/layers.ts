import { type Architecture, architectureFrom, type Layout, livePositions } from '@perfit/lora';

/** The layers that a layout adapts, from the lowest. */
export interface Layers {
  readonly count: number;
  /** For every position which of these layers it lies in, from 0. */
  readonly of: Uint32Array;
  /** Positions of each. */
  readonly positions: readonly number[];
  /**
   * F of each: floating-point operations per token of one product with its frozen projections, forward or with respect
   * to the input. Only adapted projections count, since a layout knows no others; nor do attention's own products.
   */
  readonly flops: readonly number[];
}

/** Cuts a layout into its layers. */
export function layersOf(layout: Layout): Layers {
  const numbers = [...new Set(layout.sites.map(({ layer }) => layer))].sort((a, b) => a - b);
  const of = new Uint32Array(layout.size);
  const positions = numbers.map(() => 0);
  const flops = numbers.map(() => 0);
  for (const { site, factor, offset, size } of layout.slots) {
    const layer = numbers.indexOf(site.layer);
    of.fill(layer, offset, offset + size);
    positions[layer] += size;
    if (factor === 'A') flops[layer] += site.flops;
  }
  return { count: numbers.length, of, positions, flops };
}

/** What is live from a layer on. */
export function upperPart(architecture: Architecture, { of }: Layers, lowest: number): Architecture {
  return architectureFrom(
    architecture.size,
    livePositions(architecture).filter((position) => of[position] >= lowest),
  );
}

/** For d = 0 … count: how many positions are live in the layers from d on. */
export function liveFrom(architecture: Architecture, { of, count }: Layers): readonly number[] {
  const live = new Array<number>(count + 1).fill(0);
  for (const position of livePositions(architecture)) live[of[position]]++;
  for (let layer = count - 1; layer >= 0; layer--) live[layer] += live[layer + 1];
  return live;
}
