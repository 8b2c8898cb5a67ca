import { architectureFrom, emptyArchitecture, intersect } from '@perfit/lora';
import { maskOverlap } from './mask-overlap.js';

describe('maskOverlap', () => {
  const mask = (...positions: number[]) => architectureFrom(16, positions);

  it('compares every pair, and counts what nobody else holds', () => {
    const registry = new Map([
      ['a', mask(0, 1, 2, 3)],
      ['b', mask(2, 3, 4, 5)],
      ['c', mask(6, 7, 8, 9)],
    ]);
    const shared = (own: ReturnType<typeof mask>) => intersect(own, mask(2, 3));
    const overlap = maskOverlap(registry, [...registry.keys()], shared, 2)!;
    expect(overlap.jaccard).toBeCloseTo(2 / 6 / 3, 12);
    expect(overlap.exclusiveShare).toBeCloseTo((0.5 + 0.5 + 1) / 3, 12);
    // (1 − 1/e)^(n−1) for e = 2, n = 3
    expect(overlap.exclusiveChance).toBe(0.25);
    // Density 1/4 each: Jaccard of independent masks d/(2 − d).
    expect(overlap.chance).toBeCloseTo(0.25 / 1.75, 2);
  });

  it('is null for fewer than two clients', () => {
    expect(maskOverlap(new Map([['a', mask(1)]]), ['a', 'b'], emptyArchitecture as never, 2)).toBeNull();
  });
});
