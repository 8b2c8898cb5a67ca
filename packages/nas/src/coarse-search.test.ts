import {
  compactRanks,
  createLayout,
  difference,
  fullArchitecture,
  isLive,
  livePositions,
  slotsBySite,
  symmetric,
  zero,
} from '@perfit/lora';
import fc from 'fast-check';
import {
  cubic,
  first,
  type Granularity,
  geometric,
  linear,
  oneShot,
  prefix,
  prefixWeight,
  random,
  rank,
  type SearchOptions,
  search,
  sensitivity,
  site,
  type Trainee,
  weight,
} from './index.js';
import { regressionTrainee } from './testing.js';

const plan = (trainee: Trainee, change: Partial<SearchOptions> = {}): SearchOptions => ({
  trainee,
  importance: first(),
  schedule: cubic(),
  granularity: rank(),
  iterations: 4,
  stepsBetween: 1,
  ...change,
});

/** Sizes of the units of a dense adapter of rank 4 on the sample sites. */
const largest: Readonly<Record<string, number>> = { rank: 16, site: 64, prefix: 256, 'prefix-weight': 1 };

test('whatever the schedule: no more than K, less than one unit unused, and what is pruned stays so (law 2)', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom<(() => Granularity)[]>(rank, site, prefix, prefixWeight),
      fc.constantFrom(oneShot, linear, cubic, geometric),
      fc.constantFrom(first, random, sensitivity),
      fc.integer({ min: 1, max: 5 }),
      async (granularity, schedule, importance, iterations) => {
        const { trainee, values } = regressionTrainee(symmetric(), { layers: 3 });
        const seen = [trainee.architecture];
        const watched: Trainee = {
          ...trainee,
          prune: async (next) => {
            seen.push(next);
            await trainee.prune(next);
          },
        };
        const chosen = granularity();
        const options = { granularity: chosen, schedule: schedule(), importance: importance(), iterations };
        const found = await search(plan(watched, options));
        expect(found.architecture.live + found.unused).toBe(trainee.budget);
        expect(found.unused).toBeGreaterThanOrEqual(0);
        expect(found.unused).toBeLessThan(largest[chosen.name]);
        for (let i = 1; i < seen.length; i++) expect(difference(seen[i], seen[i - 1]).live).toBe(0);
        expect(values().every((value, position) => value === 0 || isLive(found.architecture, position))).toBe(true);
      },
    ),
    { numRuns: 40 },
  );
});

test('rank: every component is whole or gone, and the adapter compacts to its live positions', async () => {
  const { trainee, values } = regressionTrainee(symmetric(), { layers: 2 });
  const { architecture } = await search(plan(trainee));
  for (const { A, B } of slotsBySite(trainee.layout))
    for (let k = 0; k < A.rows; k++) {
      const live = new Set<boolean>();
      for (let i = 0; i < A.columns; i++) live.add(isLive(architecture, A.offset + k * A.columns + i));
      for (let o = 0; o < B.rows; o++) live.add(isLive(architecture, B.offset + o * B.columns + k));
      expect(live.size).toBe(1);
    }
  expect(compactRanks(trainee.layout, { values: values(), architecture }).layout.size).toBe(architecture.live);
});

test('prefix: the pruned prefix grows, whole layers stay', async () => {
  const { trainee } = regressionTrainee(symmetric(), { layers: 4 });
  const { architecture, iterations, unused } = await search(
    plan(trainee, { granularity: prefix(), schedule: linear() }),
  );
  // 4 layers of 256; keep = 896, 768, 640, 512.
  expect(iterations.map(({ live }) => live)).toEqual([768, 768, 512, 512]);
  expect(unused).toBe(0);
  const upper = trainee.layout.slots.filter(({ site: { layer } }) => layer >= 2);
  const expected = upper.flatMap(({ offset, size }) => Array.from({ length: size }, (_, i) => offset + i));
  expect([...livePositions(architecture)]).toEqual(expected);
});

test.each<[string, () => Granularity]>([
  ['rank', rank],
  ['site', site],
  ['prefix', prefix],
  ['prefix-weight', prefixWeight],
])('%s: scores that vanish are refused before anything is pruned (law 6)', async (_, granularity) => {
  const { trainee, calls } = regressionTrainee(zero(), { layers: 2 });
  await expect(search(plan(trainee, { granularity: granularity() }))).rejects.toThrow(
    expect.objectContaining({ code: 'nas/vanishing-scores' }),
  );
  expect(calls).toEqual(['train 1']);
  const allowed = await search(plan(trainee, { granularity: granularity(), allowVanishing: true }));
  expect(allowed.architecture.live).toBeGreaterThan(0);
});

test.each<[string, () => Granularity]>([
  ['rank', rank],
  ['site', site],
  ['prefix', prefix],
  ['prefix-weight', prefixWeight],
])('%s: e = 1 prunes nothing (law 5)', async (_, granularity) => {
  const { trainee, calls } = regressionTrainee(symmetric(), { rank: 4, expansion: 1 });
  const { architecture } = await search(plan(trainee, { granularity: granularity() }));
  expect(architecture).toBe(trainee.architecture);
  expect(calls).toEqual(Array(4).fill('train 1'));
});

test('a budget below the smallest unit is refused with a cure', async () => {
  const { trainee } = regressionTrainee(symmetric(), { layers: 1 });
  const options = { granularity: prefix(), schedule: oneShot() };
  await expect(search(plan(trainee, options))).rejects.toThrow(
    '[perfit/nas] no unit of the granularity "prefix" fits into 128 positions. Raise the rank',
  );
});

test('a second search, from the regrown start, may find what the first pruned', async () => {
  const { trainee } = regressionTrainee(symmetric(), { layers: 2 });
  const once = await search(plan(trainee, { granularity: weight(), importance: random() }));
  await trainee.prune(fullArchitecture(trainee.layout.size));
  const again = await search(plan(trainee, { granularity: weight(), importance: random() }));
  expect(again.architecture.live).toBe(trainee.budget);
  expect(again.unused).toBe(0);
  expect(again.iterations.map(({ live }) => live)).toEqual(once.iterations.map(({ live }) => live));
  expect(difference(again.architecture, once.architecture).live).toBeGreaterThan(0);
});

test('a layout of one site', async () => {
  const { trainee } = regressionTrainee(symmetric());
  const layout = createLayout(trainee.layout.sites.slice(0, 1), 4);
  const scores = new Float32Array(layout.size).fill(1);
  const select = { layout, scores, architecture: fullArchitecture(layout.size), keep: layout.size / 2 };
  expect(rank().select(select).live).toBe(layout.size / 2);
  expect(site().select(select).live).toBe(0);
  expect(prefixWeight().select(select).live).toBe(layout.size / 2);
});
