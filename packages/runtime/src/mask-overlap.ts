import { type Architecture, expectedJaccard, jaccard } from '@perfit/lora';
import type { MaskOverlap } from './round-event.js';

/** Clients that are compared pairwise at most: the number of pairs grows with the square. */
const MOST = 64;

/** Compares the registered architectures with each other and with what independent masks would give; null below two clients. */
export function maskOverlap(
  registry: ReadonlyMap<string, Architecture>,
  shared: (mask: Architecture) => Architecture,
  expansion: number,
): MaskOverlap | null {
  const masks = [...registry.values()].slice(0, MOST);
  if (masks.length < 2) return null;
  const pairs = masks.flatMap((a, i) => masks.slice(i + 1).map((b) => [a, b] as const));
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const density = ({ live, size }: Architecture) => live / size;
  return {
    jaccard: mean(pairs.map(([a, b]) => jaccard(a, b))),
    chance: mean(pairs.map(([a, b]) => expectedJaccard(density(a), density(b)))),
    exclusiveShare: mean(masks.map((mask) => 1 - shared(mask).live / mask.live)),
    exclusiveChance: (1 - 1 / expansion) ** (registry.size - 1),
  };
}
