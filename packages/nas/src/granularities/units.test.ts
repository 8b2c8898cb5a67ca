import {
  architectureFrom,
  compactRanks,
  createLayout,
  fullArchitecture,
  isLive,
  type Layout,
  livePositions,
  mergeDelta,
  slotsBySite,
} from '@perfit/lora';
import { sampleLayout, seededRandom } from '@perfit/lora/testing';
import fc from 'fast-check';
import { type Granularity, rank, site } from '../index.js';
import { testGranularity } from '../testing.js';

describe('rank', () => testGranularity(() => rank()));
describe('rank within sites', () => testGranularity(() => rank({ within: 'site' })));
describe('site', () => testGranularity(() => site()));

/** Positions by unit, straight from the definition. */
const rankUnits = (layout: Layout): number[][] =>
  slotsBySite(layout).flatMap(({ A, B }) =>
    Array.from({ length: A.rows }, (_, k) => [
      ...Array.from({ length: A.columns }, (_, i) => A.offset + k * A.columns + i),
      ...Array.from({ length: B.rows }, (_, o) => B.offset + o * B.columns + k),
    ]),
  );
const siteUnits = (layout: Layout): number[][] =>
  slotsBySite(layout).map(({ A, B }) =>
    [A, B].flatMap(({ offset, size }) => Array.from({ length: size }, (_, i) => offset + i)),
  );

const layout = sampleLayout(2, 2);
const scored = fc.array(fc.constantFrom(0, 0.5, 1, 2, 3), { minLength: layout.size, maxLength: layout.size });
const flags = fc.array(fc.boolean(), { minLength: layout.size, maxLength: layout.size });

describe.each<[string, () => Granularity, (layout: Layout) => number[][]]>([
  ['rank', rank, rankUnits],
  ['site', site, siteUnits],
])('%s', (_, make, unitsOf) => {
  test('keeps whole units, by mean score, until none fits any more; of equal ones the lower (law 2)', () => {
    fc.assert(
      fc.property(scored, flags, fc.nat(layout.size), (list, live, keep) => {
        const architecture = architectureFrom(layout.size, (position) => live[position]);
        const scores = Float32Array.from(list);
        const kept = make().select({ layout, scores, architecture, keep });
        const mean = (unit: number[]) => unit.reduce((sum, position) => sum + list[position], 0) / unit.length;
        const units = unitsOf(layout)
          .map((unit) => unit.filter((position) => live[position]))
          .filter((unit) => unit.length > 0)
          .sort((a, b) => mean(b) - mean(a) || Math.min(...a) - Math.min(...b));
        let left = keep;
        for (const unit of units) {
          const fits = unit.length <= left;
          expect(unit.every((position) => isLive(kept, position) === fits)).toBe(true);
          if (fits) left -= unit.length;
        }
        expect(kept.live).toBe(keep - left);
      }),
    );
  });
});

test('rank: a small unit of a high mean goes before a large one of a high sum', () => {
  const sites = [
    { name: 'a', layer: 0, in: 8, out: 8, flops: 128 },
    { name: 'b', layer: 0, in: 2, out: 2, flops: 8 },
  ];
  const unequal = createLayout(sites, 1);
  // a: 16 positions of 1, b: 4 positions of 3. Sums 16 and 12, means 1 and 3.
  const scores = Float32Array.from({ length: 20 }, (_, position) => (position < 16 ? 1 : 3));
  const architecture = fullArchitecture(20);
  const kept = (granularity: Granularity, keep: number, list = scores) => [
    ...livePositions(granularity.select({ layout: unequal, scores: list, architecture, keep })),
  ];
  expect(kept(rank(), 16)).toEqual([16, 17, 18, 19]);
  expect(kept(rank(), 3)).toEqual([]);
  // Where a is the best and does not fit, the next one that fits.
  const other = scores.map((score) => 4 - score);
  expect(kept(rank(), 10, other)).toEqual([16, 17, 18, 19]);
  expect(kept(rank(), 16, other)).toEqual(Array.from({ length: 16 }, (_, position) => position));
  expect(kept(site(), 19)).toEqual([16, 17, 18, 19]);
  expect(kept(site(), 20)).toHaveLength(20);
});

test('rank within sites: every site keeps the best components of its own, down to one rank of all', () => {
  const wide = sampleLayout(5, 2);
  const random = seededRandom(4);
  let architecture = fullArchitecture(wide.size);
  for (const rankLeft of [4, 3, 2]) {
    const scores = Float32Array.from({ length: wide.size }, () => random());
    const mean = (unit: readonly number[]) => unit.reduce((sum, position) => sum + scores[position]!, 0) / unit.length;
    const before = architecture;
    const keep = (wide.size * rankLeft) / 5;
    architecture = rank({ within: 'site' }).select({ layout: wide, scores, architecture, keep });
    expect(architecture.live).toBe(keep);
    const units = rankUnits(wide).filter(([position]) => isLive(before, position!));
    for (const { A, B } of slotsBySite(wide)) {
      const own = units.filter(([position]) => position! >= A.offset && position! < B.offset + B.size);
      const best = own.sort((a, b) => mean(b) - mean(a)).slice(0, rankLeft);
      for (const unit of own)
        for (const position of unit) expect(isLive(architecture, position)).toBe(best.includes(unit));
    }
  }
});

test('rank: what is kept compacts to an adapter of just its live positions with the same product (law 9)', () => {
  const wide = sampleLayout(4, 2);
  const random = seededRandom(3);
  const draw = () => Float32Array.from({ length: wide.size }, () => random() - 0.5);
  const architecture = rank().select({
    layout: wide,
    scores: draw().map(Math.abs),
    architecture: fullArchitecture(wide.size),
    keep: wide.size / 2,
  });
  const values = draw().map((value, position) => (isLive(architecture, position) ? value : 0));
  const compact = compactRanks(wide, { values, architecture });
  expect(compact.layout.size).toBe(architecture.live);
  expect(compact.architecture.live).toBe(architecture.live);
  expect(compact.layout.size).toBeLessThan(wide.size);
  const ranks = slotsBySite(compact.layout).map(({ A }) => A.rows);
  expect(new Set(ranks).size).toBeGreaterThan(1);
  for (const own of wide.sites) {
    const before = mergeDelta(wide, values, own, 2);
    const after = compact.layout.sites.includes(own)
      ? mergeDelta(compact.layout, compact.values, own, 2)
      : new Float32Array(before.length);
    before.forEach((entry, i) => {
      expect(Math.abs(entry - after[i])).toBeLessThan(1e-6);
    });
  }
});
