import { type Architecture, expectedJaccard, jaccard } from '@perfit/lora';
import type { Registry } from './contract.js';
import type { MaskOverlap } from './round-event.js';

/** Clients that are compared pairwise at most: the number of pairs grows with the square, and their masks are all in memory. */
const MOST = 64;

/**
 * Compares the registered architectures of the first 64 clients with each other and with what independent masks would
 * give; null below two registered clients.
 */
export function maskOverlap(
  registry: Registry,
  clients: readonly string[],
  shared: (mask: Architecture) => Architecture,
  expansion: number,
): MaskOverlap | null {
  const known = clients.filter((client) => registry.has(client));
  const masks = known.slice(0, MOST).map((client) => registry.get(client)!);
  if (masks.length < 2) return null;
  const pairs = masks.flatMap((a, i) => masks.slice(i + 1).map((b) => [a, b] as const));
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const density = ({ live, size }: Architecture) => live / size;
  return {
    jaccard: mean(pairs.map(([a, b]) => jaccard(a, b))),
    chance: mean(pairs.map(([a, b]) => expectedJaccard(density(a), density(b)))),
    exclusiveShare: mean(masks.map((mask) => 1 - shared(mask).live / mask.live)),
    exclusiveChance: (1 - 1 / expansion) ** (known.length - 1),
  };
}
